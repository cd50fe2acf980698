internal import BraidCore

/// Writes YAML of one form: block maps and lists, two spaces a level, and texts quoted wherever YAML 1.1 or 1.2 could read
/// something else in them.
struct YAMLWriter {
  /// What has been written so far.
  private(set) var text = ""
  private var level = 0
  /// Whether the next line is the first of a list's item.
  private var beginsItem = false

  /// A line `key: value`, the value being YAML already.
  mutating func field(_ key: String, yaml value: String) {
    indent()
    text += "\(key): \(value)\n"
  }

  /// A text; `null` where there is none.
  mutating func field(_ key: String, _ value: String?) {
    field(key, yaml: value.map(Self.scalar) ?? "null")
  }

  /// A whole number; `null` where there is none.
  mutating func field(_ key: String, _ value: Int?) {
    field(key, yaml: value.map { "\($0)" } ?? "null")
  }

  /// `true` or `false`; `null` where nothing is said.
  mutating func field(_ key: String, _ value: Bool?) {
    field(key, yaml: value.map { "\($0)" } ?? "null")
  }

  /// A duration; `null` where there is none.
  mutating func field(_ key: String, _ value: MediaDuration?) {
    field(key, yaml: value.map(Self.duration) ?? "null")
  }

  /// A map under a key; `body` writes at least one field.
  mutating func map(_ key: String, _ body: (inout YAMLWriter) -> Void) {
    indent()
    text += "\(key):\n"
    level += 1
    body(&self)
    level -= 1
  }

  /// A list of texts under a key.
  mutating func list(_ key: String, _ values: [String]) {
    list(key, values) { writer, value in
      writer.indent()
      writer.text += Self.scalar(value) + "\n"
    }
  }

  /// A list under a key, of what `body` writes for each value: fields, at least one.
  mutating func list<Value>(_ key: String, _ values: [Value], _ body: (inout YAMLWriter, Value) -> Void) {
    guard !values.isEmpty else { return field(key, yaml: "[]") }
    indent()
    text += "\(key):\n"
    level += 2
    for value in values {
      beginsItem = true
      body(&self, value)
    }
    level -= 2
  }

  private mutating func indent() {
    text += String(repeating: "  ", count: beginsItem ? level - 1 : level)
    if beginsItem { text += "- " }
    beginsItem = false
  }

  /// A duration in the largest unit that it is a whole number of.
  static func duration(_ duration: MediaDuration) -> String {
    let units: [(Int64, String)] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")]
    let nanoseconds = duration.nanoseconds
    let unit = units.first { nanoseconds.isMultiple(of: $0.0) } ?? (1, "ns")
    return "\(nanoseconds / unit.0)\(unit.1)"
  }

  /// A text as a scalar: plain where nothing else can be read in it, else in double quotes.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  private static func isPlain(_ text: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
    let signs = Array("_-./:+@=,".utf8)
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/"),
      text.utf8.allSatisfy({ isLetter($0) || (48...57).contains($0) || signs.contains($0) }),
      text.utf8.last != UInt8(ascii: ":")
    else { return false }
    return !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        // Controls, and what YAML takes for the end of a line or forbids.
        let isSafe = (0x20...0x7e).contains(scalar.value) || scalar.value >= 0xa0
        let isBreak = [0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff].contains(scalar.value)
        if isSafe, !isBreak {
          quoted.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
      }
    }
    return quoted + "\""
  }
}
