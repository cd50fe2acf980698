internal import BraidCore
public import BraidInference
internal import Foundation

/// Quantises a model with a user's material, writes it, and measures it against the original.
public struct QuantisationRun: Sendable {
  /// How the model is made smaller.
  public enum Mode: String, Sendable, CaseIterable {
    /// Weights and activations in bytes, ranges from samples.
    case `static`
    /// Weights in bytes, activations of products in bytes with ranges found at every run.
    case dynamic
    /// Weights in bytes, computed with as real numbers.
    case weights
    /// Weights in `float16`, computed with in `float32`.
    case float16
  }

  /// A file, a package's folder, or the name of an installed model.
  public var model: String
  /// Clips, arrays, or folders of them.
  public var material: [String]
  /// Where the model is written.
  public var output: String
  /// How it is made smaller.
  public var mode = Mode.static
  /// What is quantised, and how.
  public var settings = QuantisationSettings()
  /// How samples are gathered.
  public var options = ModelMaterial.Options()
  /// How the two are timed.
  public var contest = ModelContest()

  /// A run with the settings that they have from the start.
  public init(model: String, material: [String], output: String) {
    self.model = model
    self.material = material
    self.output = output
  }

  /// What came out.
  public struct Outcome: Sendable {
    /// How the model is made smaller.
    public let mode: Mode
    /// What was done; nil where nothing was chosen by samples.
    public let report: QuantisationReport?
    /// Beside the original, on samples held out.
    public let comparison: ModelComparison
    /// What was taken for granted, and what should be known.
    public let notes: [String]
  }

  /// Does it all; blocks the calling thread.
  ///
  /// - Parameter progress: called with what is being done.
  /// - Returns: what came out; the file is written.
  /// - Throws: `InferenceError`, ``PipelineError``, `MediaError`.
  public func run(progress: ((String) -> Void)? = nil) throws -> Outcome {
    var options = options
    options.written.insert(WrittenFiles.File(option: "--output", path: output), at: 0)
    let material = try ModelMaterial(model: model, from: material, options: options, progress: progress)
    let set = try CalibrationSet(material.samples, states: material.states)
    let model = try material.package.load(limits: options.limits)
    var quantizer = try ModelQuantizer(model, options: material.options, settings: settings)
    quantizer.progress = progress
    if let description = material.description {
      quantizer.measure = try AgreementMeasure(description, try Plan(model, options: material.options))
    }
    let quantised: QuantisedModel
    switch mode {
    case .static: quantised = try quantizer.quantise(set)
    case .dynamic: quantised = try quantizer.rewrite(.dynamic)
    case .weights: quantised = try quantizer.rewrite(.weights)
    case .float16: quantised = try quantizer.rewrite(.float16)
    }
    try write(quantised.bytes)
    progress?("measuring both")
    let comparison = try ModelComparison(
      material.package, ModelPackage.bare(output), description: material.description, options: material.options,
      on: set.heldOut,
      contest: contest, limits: options.limits)
    var notes = material.notes + (quantised.report?.notes ?? [])
    if !quantizer.decidedInputs.isEmpty {
      notes.append(
        "made for \(quantizer.decidedInputs.joined(separator: ", ")): such inputs stay, and the file does not heed them"
      )
    }
    if material.package.description != nil {
      notes.append(
        "the description stays with the package: put the file there and name it under \"variants\" to run it by that")
    }
    if ModelPackage.isHashed(output) {
      notes.append(
        "the description beside \(output) tells the hash of what was there: 'braid model pack' writes it anew")
    }
    if let decoder = material.description?.decoder, decoder != .raw, comparison.decoded == nil {
      notes.append(
        DecodedAgreement.compares(decoder)
          ? "neither model finds anything in the held-out part, so what it means is not compared"
          : "what this model's outputs mean is not compared, only their numbers")
    }
    return Outcome(mode: mode, report: quantised.report, comparison: comparison, notes: notes)
  }

  private func write(_ bytes: [UInt8]) throws(PipelineError) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw PipelineError(
        .outputFailed, "the model cannot be written", location: output,
        remedy: "Choose a path in a folder that exists and that you may write", cause: error.localizedDescription)
    }
  }
}
