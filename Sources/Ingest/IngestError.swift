public import BraidCore

/// What can go wrong with an input.
public struct IngestError: DescribedError, Hashable {
  /// What the caller can do about it.
  public struct Code: Hashable, Sendable {
    /// The stable name, in kebab-case.
    public let name: String

    /// A code of this name.
    public init(_ name: String) {
      self.name = name
    }

    /// There is no such file, or no such host: give another.
    public static let notFound = Code("not-found")
    /// The input may not be read: change its permissions.
    public static let notPermitted = Code("not-permitted")
    /// The input holds nothing.
    public static let empty = Code("empty")
    /// What was read is no media, or is damaged beyond use.
    public static let unusable = Code("unusable")
    /// The content is encrypted: decrypt it first.
    public static let encrypted = Code("encrypted")
    /// A playlist or another kind of input that would open further inputs: ask for it by name.
    public static let protocolRefused = Code("protocol-refused")
    /// A limit of ``InputLimits`` was passed: raise it if the input is trusted.
    public static let limitExceeded = Code("limit-exceeded")
    /// A selected stream has a codec that this build of FFmpeg cannot decode.
    public static let unsupportedCodec = Code("unsupported-codec")
    /// The input has no stream of the kind that was asked for.
    public static let noUsableStream = Code("no-usable-stream")
    /// A setting is wrong: a mistake of the caller.
    public static let invalidOption = Code("invalid-option")
    /// Reading failed on the way; what was read before is good.
    public static let readFailed = Code("read-failed")
    /// The file ends long before its header says so: everything up to there was given out.
    public static let truncated = Code("truncated")
    /// Somebody else has the device: end that program, or use a plugin that shares it.
    public static let busy = Code("busy")
    /// The device does not give what was asked for: ask for something that it lists.
    public static let formatRefused = Code("format-refused")
    /// The source did not answer, or stopped answering.
    public static let timedOut = Code("timed-out")
    /// The live source is gone for good.
    public static let lost = Code("lost")
    /// A line of a feed could not be read, and was left out; the session goes on.
    public static let badLine = Code("bad-line")
    /// A line of a feed came later than is allowed for, and was left out; the session goes on.
    public static let lateData = Code("late-data")
    /// Reading was stopped on request.
    public static let interrupted = Code("interrupted")
  }

  /// What the caller can do.
  public let code: Code
  /// What went wrong.
  public let message: String
  /// The input, without credentials, and the stream where one is meant.
  public let location: String
  /// What the user can do.
  public let remedy: String
  /// FFmpeg's or the system's words.
  public let cause: String?

  /// The code's name.
  public var name: String { code.name }

  /// An error.
  public init(_ code: Code, _ message: String, location: String, remedy: String = "", cause: String? = nil) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.cause = cause
  }
}
