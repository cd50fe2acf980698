public import BraidCore

/// What can go wrong in a session, apart from what its inputs and models say themselves.
public struct PipelineError: DescribedError, Hashable {
  /// What the caller can do about it.
  public struct Code: Hashable, Sendable {
    /// The code in kebab-case.
    public let name: String

    /// Options that contradict each other or the inputs: change them.
    public static let configuration = Code(name: "configuration")
    /// A model that no input of the session can feed: choose another input or model.
    public static let noStreamForModel = Code(name: "no-stream-for-model")
    /// There is no model of that name.
    public static let modelNotFound = Code(name: "model-not-found")
    /// A description of a model that contradicts itself or the model.
    public static let invalidDescription = Code(name: "invalid-description")
    /// A recording that is damaged, or was made by another version.
    public static let brokenRecording = Code(name: "broken-recording")
    /// The output cannot be written.
    public static let outputFailed = Code(name: "output-failed")
  }

  /// What the caller can do about it.
  public let code: Code
  /// What went wrong.
  public let message: String
  /// The option, file or stream.
  public let location: String
  /// What to do.
  public let remedy: String
  /// The system's own words.
  public let cause: String?

  /// An error.
  public init(_ code: Code, _ message: String, location: String = "", remedy: String = "", cause: String? = nil) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.cause = cause
  }

  /// The code's name.
  public var name: String { code.name }
}
