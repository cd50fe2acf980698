import CScale

/// The libraries' own log, which goes to stderr, where it would mix with the program's.
package enum LibraryLog {
  private static let silenced: Void = av_log_set_level(AV_LOG_QUIET)

  /// Turns the log off for the whole process, once. Errors are reported by the calls' results.
  package static func silence() {
    _ = silenced
  }
}
