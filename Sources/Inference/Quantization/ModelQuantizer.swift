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
  /// What ways are chosen by before noise; without one by which class is first, where outputs are probabilities.
  public var measure: AgreementMeasure?

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
      var run = try StaticQuantisation(prepared, layers, settings, samples, measure: measure, progress: progress)
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
}

/// A model that was made by ``ModelQuantizer``.
public struct QuantisedModel: Sendable {
  /// The bytes of an ONNX file.
  public let bytes: [UInt8]
  /// What was done; nil where nothing was measured.
  public let report: QuantisationReport?
}
