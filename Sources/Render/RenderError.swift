public import BraidCore
import CFFmpeg

/// What can go wrong with films.
public struct RenderError: DescribedError, Hashable {
  /// What the caller can do about it.
  public struct Code: Hashable, Sendable {
    /// The stable name, in kebab-case.
    public let name: String

    /// There is no such encoder in this build of FFmpeg: choose another.
    public static let noEncoder = Code(name: "no-encoder")
    /// The film cannot be written.
    public static let writeFailed = Code(name: "write-failed")
    /// A picture cannot be drawn: leave it out.
    public static let drawFailed = Code(name: "draw-failed")
  }

  /// What the caller can do.
  public let code: Code
  /// What went wrong.
  public let message: String
  /// The file.
  public let location: String
  /// What the user can do.
  public let remedy: String
  /// The library's words.
  public let cause: String?

  /// The code's name.
  public var name: String { code.name }

  init(_ code: Code, _ message: String, location: String, remedy: String = "", cause: String? = nil) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.cause = cause
  }

  /// Throws when `status` is an error of FFmpeg's. `doing` completes "could not …".
  @discardableResult
  static func check(_ status: Int32, _ doing: String, location: String) throws(RenderError) -> Int32 {
    guard status < 0 else { return status }
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe av_strerror(status, base, 128)
      return unsafe String(cString: base)
    }
    throw RenderError(
      .writeFailed, "could not \(doing)", location: location,
      remedy: "Check the folder, the disk and the settings of the film", cause: text)
  }
}
