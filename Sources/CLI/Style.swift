import Glibc

/// Colours, on terminals alone and where the user has not refused them (https://no-color.org).
struct Style {
  /// For standard output.
  static let output = Style(descriptor: STDOUT_FILENO)
  /// For standard error.
  static let error = Style(descriptor: STDERR_FILENO)

  private let isPlain: Bool

  init(descriptor: Int32) {
    isPlain = isatty(descriptor) == 0 || Self.isSet("NO_COLOR") || Self.value("TERM") == "dumb"
  }

  func red(_ text: String) -> String { wrapped(text, "31") }
  func yellow(_ text: String) -> String { wrapped(text, "33") }
  func green(_ text: String) -> String { wrapped(text, "32") }
  func bold(_ text: String) -> String { wrapped(text, "1") }

  private func wrapped(_ text: String, _ code: String) -> String { isPlain ? text : "\u{1b}[\(code)m\(text)\u{1b}[0m" }

  private static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  private static func isSet(_ name: String) -> Bool { value(name)?.isEmpty == false }
}
