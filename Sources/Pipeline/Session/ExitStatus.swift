/// How a session ended, as the process tells its parent.
public struct ExitStatus: Hashable, Sendable {
  /// The status.
  public let code: Int32

  /// Done; also a closed stdout, and `--duration`.
  public static let done = ExitStatus(code: 0)
  /// Wrong usage or configuration.
  public static let usage = ExitStatus(code: 2)
  /// An input could not be opened, or was unusable.
  public static let input = ExitStatus(code: 3)
  /// A model could not be loaded.
  public static let model = ExitStatus(code: 4)
  /// A live input was lost for good.
  public static let lost = ExitStatus(code: 5)
  /// An output could not be written.
  public static let output = ExitStatus(code: 6)
  /// Some of a job's files failed.
  public static let files = ExitStatus(code: 7)
  /// What was measured is not as good as was required.
  public static let unmet = ExitStatus(code: 8)
  /// Interrupted by SIGINT.
  public static let interrupted = ExitStatus(code: 130)
  /// Ended by SIGTERM.
  public static let terminated = ExitStatus(code: 143)

  /// A status.
  public init(code: Int32) {
    self.code = code
  }
}
