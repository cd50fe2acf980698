import Glibc

/// What is meant for people.
enum StandardError {
  /// Whether somebody watches it.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Tells what went wrong.
  static func fail(_ error: any Error) { fail("\(error)") }

  /// Tells what went wrong.
  static func fail(_ message: String) { show("\(Style.error.red("braid:")) \(message.printable)") }

  /// Tells what is worth knowing.
  static func note(_ message: String) { show("braid: \(Style.error.yellow("note:")) \(message.printable)") }

  /// Writes a line.
  static func write(_ line: String) { show(line.printable) }

  private static func show(_ line: String) {
    put((isTerminal ? "\r\u{1b}[K" : "") + line + "\n")
  }

  /// Replaces the line that is written last, on a terminal.
  static func writeProgress(_ line: String) {
    put("\r\u{1b}[K" + line)
  }

  /// Takes the progress line away.
  static func clearProgress() {
    if isTerminal { put("\r\u{1b}[K") }
  }

  private static func put(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      _ = unsafe Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
  }
}
