/// Reads one JSON text (RFC 8259) from front to back without building a tree: numbers keep their digits, and what nobody asks
/// for is checked and passed over.
///
/// Any bytes are safe. Allocates: only in ``text(of:)``, and where a key has escapes.
struct JSONScanner {
  /// A string: its bytes between the quotes.
  struct Token: Hashable {
    var range: Range<Int>
    var hasEscapes: Bool
  }

  /// What a value is, by its first byte.
  enum Kind {
    case object
    case array
    case string
    case number
    /// `true`, `false` or `null`
    case literal
  }

  private static let deepest = 64

  let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Enters an object.
  mutating func beginObject() throws(LineFault) {
    skipSpace()
    guard take("{") else { throw fault("an object was expected") }
  }

  /// The next key of the object, whose value comes next; nil after the last. `isFirst` is true for the first call in an object.
  mutating func nextKey(_ isFirst: inout Bool) throws(LineFault) -> Token? {
    skipSpace()
    if take("}") { return nil }
    if !isFirst {
      guard take(",") else { throw fault("a comma was expected") }
      skipSpace()
    }
    isFirst = false
    let key = try string()
    skipSpace()
    guard take(":") else { throw fault("a colon was expected") }
    return key
  }

  /// What comes next.
  mutating func kind() throws(LineFault) -> Kind {
    skipSpace()
    guard position < bytes.count else { throw fault("it ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return .literal
    default: throw fault("a value was expected")
    }
  }

  /// The bytes of a number.
  mutating func number() throws(LineFault) -> Range<Int> {
    skipSpace()
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      try digits()
    }
    return start..<position
  }

  /// A string.
  mutating func string() throws(LineFault) -> Token {
    skipSpace()
    guard take("\"") else { throw fault("a string was expected") }
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return Token(range: start..<(position - 1), hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 1
        try escape()
      case 0..<0x20: throw fault("a string holds a control character")
      default: position += 1
      }
    }
    throw fault("a string does not end")
  }

  /// Passes over a value.
  mutating func skip() throws(LineFault) { try skip(depth: 0) }

  /// Makes sure that nothing follows.
  mutating func end() throws(LineFault) {
    skipSpace()
    guard position == bytes.count else { throw fault("something follows the object") }
  }

  /// Whether a string is this one.
  func matches(_ token: Token, _ name: [UInt8]) -> Bool {
    token.hasEscapes ? Array(text(of: token).utf8) == name : bytes[token.range].elementsEqual(name)
  }

  /// A string with its escapes replaced. Half a surrogate pair becomes U+FFFD.
  func text(of token: Token) -> String {
    guard token.hasEscapes else { return String(decoding: bytes[token.range], as: UTF8.self) }
    var units: [UInt16] = []
    var text = ""
    var plain = token.range.lowerBound
    var place = plain
    func flush(_ end: Int) {
      if !units.isEmpty { text += String(decoding: units, as: UTF16.self) }
      units.removeAll(keepingCapacity: true)
      if plain < end { text += String(decoding: bytes[plain..<end], as: UTF8.self) }
    }
    while place < token.range.upperBound {
      guard bytes[place] == UInt8(ascii: "\\") else {
        place += 1
        continue
      }
      if plain < place || bytes[place + 1] != UInt8(ascii: "u") { flush(place) }
      switch bytes[place + 1] {
      case UInt8(ascii: "u"):
        units.append(bytes[(place + 2)..<(place + 6)].reduce(0) { $0 << 4 | UInt16(Self.hex($1) ?? 0) })
        place += 6
      case let other:
        text.unicodeScalars.append(Self.escaped(other))
        place += 2
      }
      plain = place
    }
    flush(token.range.upperBound)
    return text
  }

  // MARK: - Parts

  private mutating func skip(depth: Int) throws(LineFault) {
    guard depth < Self.deepest else { throw fault("it is nested more than \(Self.deepest) deep") }
    switch try kind() {
    case .number: _ = try number()
    case .string: _ = try string()
    case .literal:
      guard take("true") || take("false") || take("null") else { throw fault("a value was expected") }
    case .array:
      position += 1
      skipSpace()
      if take("]") { return }
      repeat {
        try skip(depth: depth + 1)
        skipSpace()
      } while take(",")
      guard take("]") else { throw fault("an array does not end") }
    case .object:
      position += 1
      var isFirst = true
      while try nextKey(&isFirst) != nil { try skip(depth: depth + 1) }
    }
  }

  private mutating func escape() throws(LineFault) {
    guard position < bytes.count else { throw fault("a string does not end") }
    let byte = bytes[position]
    position += 1
    if byte == UInt8(ascii: "u") {
      guard bytes.count - position >= 4, bytes[position..<(position + 4)].allSatisfy({ Self.hex($0) != nil }) else {
        throw fault("an escape is not '\\u' and four hexadecimal digits")
      }
      position += 4
    } else if Self.escaped(byte) == "\0" {
      throw fault("an escape is unknown")
    }
  }

  private static func escaped(_ byte: UInt8) -> Unicode.Scalar {
    switch byte {
    case UInt8(ascii: "\""): "\""
    case UInt8(ascii: "\\"): "\\"
    case UInt8(ascii: "/"): "/"
    case UInt8(ascii: "b"): "\u{8}"
    case UInt8(ascii: "f"): "\u{c}"
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "t"): "\t"
    default: "\0"
    }
  }

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private mutating func digits() throws(LineFault) {
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
    guard position > start else { throw fault("a digit was expected") }
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for index in 0..<count where unsafe bytes[position + index] != word.utf8Start[index] { return false }
    position += count
    return true
  }

  private func fault(_ message: String) -> LineFault {
    LineFault(.syntax, "the line is no JSON: \(message), at column \(position + 1)")
  }
}
