internal import BraidCore

/// Makes an 8-bit model of a floating-point one: weights and activations stored in bytes, QuantizeLinear and
/// DequantizeLinear between them, in the standard's operators.
///
/// Nothing of it measures time; see `ModelContest` for that.
public struct ModelQuantizer {
  /// What is quantised, and how.
  public var settings: QuantisationSettings
  private let prepared: PreparedModel
  private let layers: [QuantisableLayer]
  /// Constant inputs that the model's choices hang on, as `sr = 16000`: the choices are made, and the inputs stay without effect.
  public var decidedInputs: [String] {
    guard prepared.hasDecidedChoices else { return [] }
    return prepared.options.constantInputs.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
  }
  /// Called with what is being done, at most a few times a second.
  public var progress: ((String) -> Void)?

  /// Prepares a model.
  ///
  /// - Parameters:
  ///   - model: real, and such that a plan can hold it.
  ///   - options: the shapes that samples have, and the inputs that are constant.
  ///   - settings: what is quantised, and how.
  /// - Throws: `invalid-option` for a model that is quantised already or has nothing to quantise, for names of nodes that
  ///   it does not have; what planning throws.
  public init(
    _ model: Model, options: SessionOptions = SessionOptions(), settings: QuantisationSettings = QuantisationSettings()
  ) throws(InferenceError) {
    do throws(InferenceError) {
      prepared = try PreparedModel(model, options: options)
      layers = try QuantisableLayer.all(prepared)
    } catch {
      throw error.within(model.name)
    }
    self.settings = settings
    guard !layers.isEmpty else {
      throw InferenceError(
        .invalidOption, "there is nothing to quantise: no convolution or product has constant real weights",
        location: model.name, remedy: "Use the model as it is")
    }
    let known = Set(prepared.graph.body.nodes.map(prepared.label))
    for name in settings.keptNodes.sorted() where !known.contains(name) {
      let near = Spelling.guess(name, among: layers.map(\.label))
      throw InferenceError(
        .invalidOption, "the model has no node '\(name)'", location: "--keep",
        remedy: near.map { "Did you mean '\($0)'?" } ?? "`braid model inspect` lists them")
    }
  }

  /// Quantises statically: ranges of activations come from samples.
  ///
  /// Blocks the calling thread for a run of the model for each sample, and for some of them one for each way that is tried.
  ///
  /// - Parameter samples: what the model is given in real use.
  /// - Returns: the model's file, and what was done.
  /// - Throws: `missing-input`, `shape-mismatch` for samples that do not fit, `invalid-option` for samples in which nothing
  ///   happens, `library`.
  public func quantise(_ samples: CalibrationSet) throws(InferenceError) -> QuantisedModel {
    do throws(InferenceError) {
      var run = try StaticQuantisation(prepared, layers, settings, samples, progress: progress)
      return try run.run()
    } catch {
      throw error.within(prepared.model.name)
    }
  }

  /// Rewrites what needs no samples.
  ///
  /// - Parameter mode: what is stored how.
  /// - Returns: the model's file.
  /// - Throws: `unsupported-feature` for what cannot be written.
  public func rewrite(_ mode: WeightMode) throws(InferenceError) -> QuantisedModel {
    do throws(InferenceError) {
      let graph = try WeightRewriting.run(prepared, layers, mode, kept: settings.keptNodes, limit: settings.weightLimit)
      return QuantisedModel(bytes: try ONNXExporter.bytes(of: prepared.model, graph: graph), report: nil)
    } catch {
      throw error.within(prepared.model.name)
    }
  }

  /// How alike two models are on samples.
  ///
  /// - Parameters:
  ///   - other: a model with the same inputs; of its outputs those count that have a namesake here, or where none has, those
  ///     at the same places.
  ///   - samples: what both are given.
  /// - Returns: how alike each output is.
  /// - Throws: what running them does.
  public func agreement(
    of other: Model, on samples: [CalibrationSample]
  ) throws(InferenceError) -> ModelAgreement {
    try Self.agreement(prepared.model, other, options: prepared.options, on: samples)
  }

  /// How alike two models are on samples: the first is the reference.
  public static func agreement(
    _ reference: Model, _ other: Model, options: SessionOptions, on samples: [CalibrationSample]
  ) throws(InferenceError) -> ModelAgreement {
    func session(_ model: Model) throws(InferenceError) -> InferenceSession {
      var options = options
      options.constantInputs = options.constantInputs.filter { entry in model.inputs.contains { $0.name == entry.key } }
      options.inputShapes = options.inputShapes.filter { entry in model.inputs.contains { $0.name == entry.key } }
      return try InferenceSession(Plan(model, options: options))
    }
    let (a, b) = (try session(reference), try session(other))
    var places: [(Int, Int, String)] = a.outputs.enumerated().compactMap { place, info in
      b.outputIndex(info.name).map { (place, $0, info.name) }
    }
    if places.isEmpty, a.outputs.count == b.outputs.count {
      places = a.outputs.enumerated().map { ($0.offset, $0.offset, $0.element.name) }
    }
    guard !places.isEmpty else {
      throw InferenceError(
        .missingInput, "the two models have no outputs in common", location: other.name,
        remedy: "Compare models with outputs of the same names: \(a.outputs.map(\.name).joined(separator: ", "))")
    }
    var results: ([[Tensor]], [[Tensor]]) = ([], [])
    for sample in samples {
      try ActivationReader.run(a, sample)
      try ActivationReader.run(b, sample)
      var (one, two): ([Tensor], [Tensor]) = ([], [])
      for (from, to, _) in places {
        one.append(try a.tensor(output: from))
        two.append(try b.tensor(output: to))
      }
      results.0.append(one)
      results.1.append(two)
    }
    return ModelAgreement(names: places.map(\.2), results.0, results.1)
  }
}

/// A model that was made by ``ModelQuantizer``.
public struct QuantisedModel: Sendable {
  /// The bytes of an ONNX file.
  public let bytes: [UInt8]
  /// What was done; nil where nothing was measured.
  public let report: QuantisationReport?
}
