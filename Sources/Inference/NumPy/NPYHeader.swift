/// What stands before the data of an array: a Python dictionary of three entries.
struct NPYHeader {
  /// What an element is.
  enum Content {
    case number(ElementType)
    /// So many characters of four bytes.
    case text(Int)
  }

  let content: Content
  let itemBytes: Int
  var isText: Bool { if case .text = content { true } else { false } }
  let isColumnMajor: Bool
  let shape: [Int]

  /// NumPy's code for numbers, little-endian.
  private static let codes: [(code: String, type: ElementType)] = [
    ("<f4", .float32), ("<f8", .float64), ("<f2", .float16), ("|i1", .int8), ("<i2", .int16), ("<i4", .int32),
    ("<i8", .int64), ("|u1", .uint8), ("<u2", .uint16), ("<u4", .uint32), ("<u8", .uint64), ("|b1", .bool),
  ]

  /// The code that `type` is written with; nil where NumPy has no such type.
  static func code(of type: ElementType) -> String? {
    switch type {
    case .int4, .int2: "|i1"
    case .uint4, .uint2: "|u1"
    default: codes.first { $0.type == type }?.code
    }
  }

  /// The header of a file, and where its data begin.
  static func parse(_ bytes: [UInt8]) throws(InferenceError) -> (NPYHeader, start: Int) {
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count >= 10 else {
      throw NPYFile.notAnArray("it does not begin as an array of NumPy's")
    }
    guard (1...3).contains(bytes[6]) else { throw NPYFile.notAnArray("its format is of version \(bytes[6])") }
    let width = bytes[6] == 1 ? 2 : 4
    guard bytes.count >= 8 + width else { throw InferenceError(.truncated, "the file ends inside its header") }
    let length = (0..<width).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + width + length
    guard length <= 1 << 20 else { throw NPYFile.notAnArray("its header of \(length) bytes is too long") }
    guard bytes.count >= start else { throw InferenceError(.truncated, "the file ends inside its header") }
    return (try NPYHeader(String(decoding: bytes[(8 + width)..<start], as: UTF8.self)), start)
  }

  private init(_ text: String) throws(InferenceError) {
    guard let description = Self.value("descr", text), let order = Self.value("fortran_order", text),
      let sizes = Self.value("shape", text)
    else { throw NPYFile.notAnArray("its header lacks descr, fortran_order or shape") }
    guard order.hasPrefix("True") || order.hasPrefix("False") else {
      throw NPYFile.notAnArray("its header's fortran_order is neither True nor False")
    }
    isColumnMajor = order.hasPrefix("True")
    guard sizes.first == "(", let end = sizes.firstIndex(of: ")") else {
      throw NPYFile.notAnArray("its header's shape is no tuple")
    }
    var shape: [Int] = []
    for part in sizes[sizes.index(after: sizes.startIndex)..<end].split(separator: ",") {
      let digits = part.filter { $0 != " " && $0 != "L" }
      if digits.isEmpty { continue }
      guard let size = Int(digits), size >= 0 else { throw NPYFile.notAnArray("its header's shape holds \(part)") }
      shape.append(size)
    }
    self.shape = shape
    guard let quote = description.first, quote == "'" || quote == "\"",
      let close = description.dropFirst().firstIndex(of: quote)
    else { throw NPYFile.notAnArray("its elements are records, not numbers") }
    var code = String(description[description.index(after: description.startIndex)..<close])
    // A byte has no order, and this machine's is little-endian.
    if code.hasPrefix("=") { code = "<" + code.dropFirst() }
    if code.hasSuffix("1"), code.hasPrefix("<") || code.hasPrefix(">") { code = "|" + code.dropFirst() }
    if let type = Self.codes.first(where: { $0.code == code })?.type {
      (content, itemBytes) = (.number(type), type.byteCount)
    } else if code.hasPrefix("<U"), let length = Int(code.dropFirst(2)), (0...1 << 20).contains(length) {
      (content, itemBytes) = (.text(length), length * 4)
    } else if code.hasPrefix(">") {
      throw NPYFile.notAnArray("its elements '\(code)' are big-endian")
    } else {
      throw NPYFile.notAnArray("its elements are of type '\(code)'")
    }
  }

  /// What follows the entry's name and colon, without blanks before it.
  private static func value(_ name: String, _ text: String) -> Substring? {
    for quote in ["'", "\""] {
      guard let range = text.firstRange(of: quote + name + quote) else { continue }
      let rest = text[range.upperBound...].drop { $0 == " " }
      guard rest.first == ":" else { return nil }
      return rest.dropFirst().drop { $0 == " " }
    }
    return nil
  }
}
