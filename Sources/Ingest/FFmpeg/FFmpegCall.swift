import BraidCore
import BraidMedia
import CFFmpeg
import Glibc

/// What all calls into FFmpeg share: its words for a status, and which of our errors a status is.
enum FFmpegCall {
  /// `av_strerror`'s text.
  static func text(_ status: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe av_strerror(status, base, 128)
      return unsafe String(cString: base)
    }
  }

  /// Throws when `status` is an error. `doing` completes "could not …".
  @discardableResult
  static func check(_ status: Int32, _ doing: String, location: String) throws(IngestError) -> Int32 {
    guard status < 0 else { return status }
    throw error(status, doing, location: location)
  }

  /// The error that a negative status is.
  static func error(_ status: Int32, _ doing: String, location: String) -> IngestError {
    let (code, remedy): (IngestError.Code, String) =
      switch status {
      case -ENOENT, braid_AVERROR_HTTP_NOT_FOUND: (.notFound, "Check the name.")
      case -EACCES, -EPERM, braid_AVERROR_HTTP_FORBIDDEN, braid_AVERROR_HTTP_UNAUTHORIZED:
        (.notPermitted, "Check the permissions.")
      case -ETIMEDOUT: (.timedOut, "Check that something sends there.")
      case -ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH:
        (.notFound, "Check the address, and that the server runs.")
      case -ENOMEM: (.limitExceeded, "Raise the limit on allocations if the input is trusted.")
      case braid_AVERROR_EXIT: (.interrupted, "")
      case braid_AVERROR_PROTOCOL_NOT_FOUND: (.protocolRefused, "Use a protocol that this build of FFmpeg knows.")
      case braid_AVERROR_INVALIDDATA, braid_AVERROR_EOF, braid_AVERROR_DEMUXER_NOT_FOUND, -EINVAL:
        (.unusable, "Check with 'ffprobe' that the file is complete media.")
      default: (.readFailed, "")
      }
    return IngestError(code, "could not \(doing)", location: location, remedy: remedy, cause: text(status))
  }

  /// The stamp, or nil for AV_NOPTS_VALUE.
  static func stamp(_ value: Int64) -> Int64? {
    value == braid_AV_NOPTS_VALUE ? nil : value
  }

  /// A copy of a C string of static lifetime; empty for a null pointer.
  static func string(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer)
  }
}

extension TimeBase {
  /// A stream's time base; an invalid one becomes a valid one.
  init(_ rational: AVRational) {
    self.init(numerator: Int64(rational.num), denominator: Int64(rational.den))
  }
}
