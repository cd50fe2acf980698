public import BraidCore

/// That a model of a session runs only while another says yes, as the command line writes it:
/// `keywords=speech-activity:speech,hold=500ms`.
public struct GateSetting: Hashable, Sendable {
  /// The model that runs, by its name, `name@version`, or as it was given.
  public var model: String
  /// The model that says yes or no, and after a colon which of its events or detections count; all without one.
  public var source: String
  /// How long a yes lasts after its end. Nil for what its kind has: ``instantHold`` after an instant, else nothing.
  public var hold: MediaDuration?

  /// How long an instant is a yes where nothing is said.
  public static let instantHold = MediaDuration.milliseconds(500)

  /// That `model` goes by `source`, with what its kind has for a hold.
  init(model: String, source: String) {
    (self.model, self.source) = (model, source)
  }

  /// Reads a setting.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public init(_ text: String) throws(PipelineError) {
    let location = "--gate"
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    (model, source) = try Self.pair(fields[0], location: location, example: "MODEL=OTHER:LABEL,hold=500ms")
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts[0] == "hold" else {
        let guess = Spelling.guess(parts[0], among: ["hold"]).map { "Did you mean \($0)? " } ?? ""
        throw PipelineError(
          .configuration, "there is no setting '\(parts[0].prefix(80))'", location: location,
          remedy: guess + "There is hold=500ms")
      }
      guard hold == nil else {
        throw PipelineError(.configuration, "hold is given twice", location: location, remedy: "Give it once")
      }
      guard parts.count == 2, let duration = MediaDuration(text: parts[1]), duration <= .seconds(3600) else {
        throw PipelineError(
          .configuration, "'\(field.prefix(80))' is no duration", location: location,
          remedy: "Write it like hold=500ms, an hour at most")
      }
      hold = duration
    }
  }

  /// `MODEL=OTHER`, taken apart.
  static func pair(
    _ text: String, location: String, example: String
  ) throws(PipelineError) -> (model: String, source: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw PipelineError(
        .configuration, "'\(text.prefix(80))' does not name two models", location: location,
        remedy: "Write it as \(example)")
    }
    return (parts[0], parts[1])
  }

  /// As text, such that it can be read again.
  var text: String { "\(model)=\(source)" + (hold.map { ",hold=\($0.nanoseconds)ns" } ?? "") }
}
