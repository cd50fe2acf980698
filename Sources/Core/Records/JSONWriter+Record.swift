extension JSONWriter {
  /// Begins a record of this type; ``endRecord()`` ends its line.
  mutating func beginRecord(_ type: StaticString) {
    beginObject()
    key("type")
    value(type)
  }

  /// Ends a record and its line.
  mutating func endRecord() {
    optional("input", input)
    optional("session", sessionID)
    endObject()
    endLine()
  }

  mutating func optional(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    key(name)
    value(text)
  }

  mutating func optional(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    key(name)
    value(number)
  }
}
