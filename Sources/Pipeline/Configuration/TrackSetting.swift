internal import BraidCore
public import BraidInference

/// That what a model of a session finds is followed from picture to picture, as the command line writes it: `faces,lost=2s`.
public struct TrackSetting: Hashable, Sendable {
  /// The model, by its name, `name@version`, or as it was given.
  public var model: String
  /// How; what is not said is as the model's package says.
  public var track = TrackDescription()

  /// That what a model finds is followed as its package says.
  init(model: String) { self.model = model }

  /// Reads a setting.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public init(_ text: String) throws(PipelineError) {
    let location = "--track"
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    model = fields[0]
    guard !model.isEmpty else {
      throw PipelineError(
        .configuration, "'\(text.prefix(80))' names no model", location: location, remedy: "Write it as MODEL,lost=1s")
    }
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if let fault = track.set(parts[0], to: parts.count == 2 ? parts[1] : "") {
        throw PipelineError(.configuration, fault.message, location: location, remedy: fault.remedy)
      }
    }
  }

  /// As text, such that it can be read again.
  var text: String { ([model] + track.settings).joined(separator: ",") }
}
