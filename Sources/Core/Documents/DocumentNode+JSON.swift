extension DocumentNode {
  /// A value that stands in no document.
  public init(_ content: Content) {
    self.init(content: content, spelling: "", place: DocumentPlace(line: 0, column: 0))
  }

  /// A map that stands in no document.
  public init(map fields: [(key: String, value: DocumentNode)]) {
    self.init(
      .map(fields.map { Entry(key: $0.key, place: DocumentPlace(line: 0, column: 0), value: $0.value) }))
  }

  /// The same map with a field set, in its place or at the end; without it where the value is nil. Other values as they are.
  public func setting(_ key: String, to value: DocumentNode?) -> DocumentNode {
    guard case .map(var entries) = content else { return self }
    if let place = entries.firstIndex(where: { $0.key == key }) {
      if let value {
        entries[place] = Entry(key: key, place: entries[place].place, value: value)
      } else {
        entries.remove(at: place)
      }
    } else if let value {
      entries.append(Entry(key: key, place: place, value: value))
    }
    return DocumentNode(content: .map(entries), spelling: spelling, place: place)
  }

  /// The value of a field; nil where this is no map, or has none of that name.
  public subscript(key: String) -> DocumentNode? {
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// As JSON for people: two spaces a level, what is short in one line, and a line's end.
  ///
  /// Numbers that JSON cannot hold become null.
  public var json: String { json(indentation: 0) + "\n" }

  private func json(indentation: Int) -> String {
    let line = compactJSON
    if line.utf8.count + indentation <= 100, isFlat { return line }
    let inner = String(repeating: " ", count: indentation + 2)
    let outer = String(repeating: " ", count: indentation)
    switch content {
    case .list(let values) where !values.isEmpty:
      let items = values.map { inner + $0.json(indentation: indentation + 2) }
      return "[\n\(items.joined(separator: ",\n"))\n\(outer)]"
    case .map(let entries) where !entries.isEmpty:
      let items = entries.map { "\(inner)\(Self.quoted($0.key)): \($0.value.json(indentation: indentation + 2))" }
      return "{\n\(items.joined(separator: ",\n"))\n\(outer)}"
    default: return line
    }
  }

  /// Whether it may stand in one line: a scalar, or what holds only scalars.
  private var isFlat: Bool {
    switch content {
    case .list(let values): values.allSatisfy(\.isScalar)
    case .map(let entries): entries.allSatisfy { $0.value.isScalar || $0.value.isShortList }
    default: true
    }
  }

  private var isScalar: Bool {
    switch content {
    case .list, .map: false
    default: true
    }
  }

  private var isShortList: Bool {
    if case .list(let values) = content { values.count <= 4 && values.allSatisfy(\.isScalar) } else { false }
  }

  private var compactJSON: String {
    switch content {
    case .null: return "null"
    case .flag(let flag): return flag ? "true" : "false"
    case .whole(let number): return "\(number)"
    case .number(let number): return number.isFinite ? "\(number)" : "null"
    case .text(let text): return Self.quoted(text)
    case .list(let values): return "[\(values.map(\.compactJSON).joined(separator: ", "))]"
    case .map(let entries):
      let items = entries.map { "\(Self.quoted($0.key)): \($0.value.compactJSON)" }
      return "{\(items.joined(separator: ", "))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
