internal import BraidCore
public import BraidInference

/// Two models on the same samples and the same machine: how alike they are, and how fast.
public struct ModelComparison: Sendable {
  /// Which is the reference, and which is compared with it.
  public let paths: (first: String, second: String)
  /// How large their ONNX files are, in bytes.
  public let bytes: (first: Int, second: Int)
  /// By their outputs' numbers.
  public let outputs: ModelAgreement
  /// By what their outputs mean; nil where that is not known, or the first finds nothing.
  public let decoded: DecodedAgreement?
  /// How often they are right, by classes that were given; nil without such.
  public let accuracy: LabelAccuracy?
  /// How long runs take.
  public let times: ModelContest.Result

  /// The processor's name.
  public let processor: String
  /// What of the processor counts for bytes: of AMX, AVX-512 VNNI, AVX VNNI and AVX2 those that it has.
  public let features: [String]
  /// How this engine computes with bytes here.
  public let int8Path: String

  /// The one number for how alike they are: by what outputs mean where that is known, else by which class is first where they are
  /// probabilities, else the mean coefficient of identity, which is 1 for the same numbers.
  public var agreement: (name: String, value: Double) {
    if let decoded { return (decoded.measure.rawValue, decoded.value) }
    if let top = outputs.topClass { return (DecodedAgreement.Measure.classes.rawValue, top) }
    return ("the mean coefficient of identity", outputs.identity)
  }

  /// Compares two models.
  ///
  /// - Parameters:
  ///   - first: the reference.
  ///   - second: what is compared.
  ///   - description: what the first takes and means, where it is known.
  ///   - options: the shapes and constant inputs of samples.
  ///   - samples: what both are given.
  ///   - contest: how they are timed.
  ///   - limits: bounds on what the models may ask for.
  /// - Throws: `InferenceError`, ``PipelineError``.
  public init(
    _ first: ModelPackage, _ second: ModelPackage, description: ModelDescription?, options: SessionOptions,
    on samples: [CalibrationSample], contest: ModelContest = ModelContest(), limits: ModelLimits = .default
  ) throws {
    let models = (try first.load(limits: limits), try second.load(limits: limits))
    let answers = try ModelAnswers(models.0, models.1, options: options, on: samples)
    outputs = ModelAgreement(answers)
    // Models without all outputs that the description may name are compared by numbers alone.
    var decoder: AnswerDecoder?
    if let description, answers.isComplete {
      decoder = try AnswerDecoder(description, try Plan(models.0, options: options))
    }
    decoded = description.flatMap { description in
      decoder.flatMap { DecodedAgreement(description, $0, answers.first, answers.second) }
    }
    accuracy = try LabelAccuracy(samples, answers, decoder)
    var contest = contest
    contest.benchmark.inputShapes = options.inputShapes
    contest.benchmark.constantInputs = options.constantInputs
    contest.benchmark.limits = limits
    times = try contest.measure(first, second)
    paths = (first.modelPath, second.modelPath)
    bytes = (first.modelBytes ?? 0, second.modelBytes ?? 0)
    let facts = ProcessorFacts.current
    processor = facts.model
    features = [
      ("AMX", "amx_int8"), ("AVX-512 VNNI", "avx512_vnni"), ("AVX VNNI", "avx_vnni"), ("AVX-512", "avx512f"),
      ("AVX2", "avx2"),
    ].filter { facts.flags.contains($0.1) }.map(\.0)
    int8Path = InferenceLibraries.current.int8Path
  }

  /// Whether the second is worth using in the first's place, in one sentence.
  public var verdict: String {
    let speed = times.backToBack.speedUp
    let text = Requirement.text(speed)
    let smaller = Double(bytes.first) / Double(max(1, bytes.second))
    let size = smaller > 1.1 ? "; its file is \(Requirement.text((smaller * 10).rounded() / 10)) times smaller" : ""
    let agreement = "\(self.agreement.name) \(Requirement.text(self.agreement.value))"
    if speed < 1.05 {
      return "Not worth it for speed on this machine: \(text) times as fast (\(agreement))\(size)."
    }
    if self.agreement.value < 0.9 || outputs.cosine < 0.9 {
      return "Faster (\(text) times), but not the same model any more: \(agreement)\(size)."
    }
    return "Worth it: \(text) times as fast, \(agreement)\(size)."
  }
}
