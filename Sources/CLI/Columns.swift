import BraidCore

/// Numbers and texts in columns of a table.
enum Columns {
  /// A text with spaces behind it, up to a width.
  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// A number with spaces before it, up to a width, and at least one.
  static func right(_ value: Double, _ width: Int, decimals: Int = 3) -> String {
    let text = number(value, decimals)
    return String(repeating: " ", count: max(1, width - text.count)) + text
  }

  /// A number with so many decimals, at most 9; `-` for what is none, or beyond 10^9.
  static func number(_ value: Double, _ decimals: Int) -> String {
    guard abs(value) <= 1e9 else { return "-" }
    let decimals = min(9, max(0, decimals))
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let digits = String(Int((abs(value) * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let text = decimals == 0 ? padded : "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    return value < 0 && text.contains { $0 != "0" && $0 != "." } ? "-" + text : text
  }

  /// A duration in milliseconds.
  static func milliseconds(_ duration: MediaDuration) -> Double { Double(duration.nanoseconds) / 1e6 }
}

extension JSONWriter {
  /// A key with a text.
  mutating func field(_ key: StaticString, _ text: String) {
    self.key(key)
    value(text)
  }

  /// A key with a whole number.
  mutating func field(_ key: StaticString, _ number: Int) {
    self.key(key)
    value(number)
  }

  /// A key with a truth value.
  mutating func field(_ key: StaticString, _ flag: Bool) {
    self.key(key)
    value(flag)
  }

  /// A key with a real number.
  mutating func field(_ key: StaticString, _ number: Double, decimals: Int) {
    self.key(key)
    value(number, decimals: decimals)
  }

  /// A key with an array, for each element of `elements` what `write` writes.
  mutating func array<Elements: Sequence>(
    _ key: StaticString, _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
  ) {
    self.key(key)
    beginArray()
    for element in elements { write(&self, element) }
    endArray()
  }

  /// A key with an array of objects, for each element of `elements` the fields that `write` writes.
  mutating func objects<Elements: Sequence>(
    _ key: StaticString, _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
  ) {
    array(key, elements) { writer, element in
      writer.beginObject()
      write(&writer, element)
      writer.endObject()
    }
  }
}
