/// That a model of a session takes what another gave in its last runs, as the command line writes it: `wake-word=embedding`.
public struct ChainSetting: Hashable, Sendable {
  /// The model that takes results, by its name, `name@version`, or as it was given.
  public var model: String
  /// The model that gives them, and after a colon its output where it has more than one that fits.
  public var source: String

  /// That `model` takes what `source` gives.
  init(model: String, source: String) {
    (self.model, self.source) = (model, source)
  }

  /// Reads a setting.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public init(_ text: String) throws(PipelineError) {
    (model, source) = try GateSetting.pair(text, location: "--chain", example: "MODEL=OTHER:OUTPUT")
  }

  /// As text, such that it can be read again.
  var text: String { "\(model)=\(source)" }
}
