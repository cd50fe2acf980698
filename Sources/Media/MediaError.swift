public import BraidCore
import CScale

/// What can go wrong with pixels and samples.
public struct MediaError: DescribedError, Hashable {
  /// What the caller can do about it.
  public struct Code: Hashable, Sendable {
    /// The stable name, in kebab-case.
    public let name: String

    /// A code of this name.
    public init(_ name: String) {
      self.name = name
    }

    /// The library cannot convert between these formats or sizes: skip the stream.
    public static let unsupportedConversion = Code("unsupported-conversion")
    /// The destination holds fewer elements than the result has: a mistake of the caller.
    public static let bufferTooSmall = Code("buffer-too-small")
    /// A setting is out of its range: a mistake of the caller.
    public static let invalidSetting = Code("invalid-setting")
    /// The library failed on this frame or block: skip it.
    public static let conversionFailed = Code("conversion-failed")
  }

  /// What the caller can do.
  public let code: Code
  /// What went wrong.
  public let message: String
  /// Which conversion.
  public let location: String
  /// What the user can do.
  public let remedy: String
  /// The library's words.
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

  /// An error with `av_strerror`'s text for `status`.
  init(_ code: Code, _ message: String, location: String, status: Int32) {
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe av_strerror(status, base, 128)
      return unsafe String(cString: base)
    }
    self.init(code, message, location: location, cause: text)
  }
}
