import BraidCore
import CALSA
import Glibc

/// What all calls into libasound share: its words for a status, and which of our errors a status is.
enum AlsaCall {
  /// `snd_strerror`'s text.
  static func text(_ status: Int32) -> String {
    guard let words = unsafe snd_strerror(status) else { return "error \(status)" }
    return unsafe String(cString: words)
  }

  /// Throws when `status` is an error. `doing` completes "could not …".
  @discardableResult
  static func check(_ status: Int32, _ doing: String, location: String) throws(IngestError) -> Int32 {
    guard status < 0 else { return status }
    throw error(status, doing, location: location)
  }

  /// The error that a negative status is.
  static func error(_ status: Int32, _ doing: String, location: String) -> IngestError {
    let (code, message, remedy): (IngestError.Code, String, String) =
      switch status {
      case -ENOENT:
        (.notFound, "there is no such sound device", "'braid devices' lists what there is.")
      case -ENODEV:
        (.notFound, "the sound device is not there", "Plug it in; 'braid devices' lists what there is.")
      case -ENXIO:
        (
          .notFound, "libasound cannot load what this device needs",
          "Install the package libasound2-plugins if it is a sound server's, or give another device."
        )
      case -ECONNREFUSED, -EHOSTDOWN:
        (
          .notFound, "the sound server does not answer",
          "Start PulseAudio or PipeWire, or give a device of the hardware."
        )
      case -EBUSY:
        (
          .busy, "somebody else has the sound device",
          "End the program that uses it ('fuser -v /dev/snd/*' shows it), or give a device that shares: default, dsnoop."
        )
      case -EACCES, -EPERM:
        (
          .notPermitted, "this user may not open the sound device",
          "Add the user to the group audio ('usermod -aG audio NAME') and log in again."
        )
      case -ETIMEDOUT: (.timedOut, "could not \(doing)", "")
      case -ENOMEM: (.limitExceeded, "could not \(doing)", "")
      default: (.unusable, "could not \(doing)", "'braid devices' lists what can be used.")
      }
    return IngestError(code, message, location: location, remedy: remedy, cause: text(status))
  }

  /// Keeps libasound from writing its own messages to stderr while the calling thread runs `body`; what matters of them is in
  /// the status.
  static func quietly<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let previous = unsafe snd_lib_error_set_local { _, _, _, _, _, _ in }
    defer { _ = unsafe snd_lib_error_set_local(previous) }
    return try body()
  }
}
