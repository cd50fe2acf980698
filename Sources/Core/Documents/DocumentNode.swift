/// A value of a document, with the place where it stands.
public struct DocumentNode: Hashable, Sendable {
  /// What a value is. Plain scalars are resolved by YAML 1.2's core schema, which agrees with JSON: `yes`, `no`, `on`,
  /// `off`, `1_000`, `12:30` and dates are texts, `010` is ten, `0o10` eight.
  public enum Content: Hashable, Sendable {
    /// Nothing: empty, `null` or `~`.
    case null
    /// `true` or `false`.
    case flag(Bool)
    /// A whole number that fits 64 bits.
    case whole(Int64)
    /// Another number; it may be infinite, or NaN.
    case number(Double)
    /// A text.
    case text(String)
    /// Values in order.
    case list([DocumentNode])
    /// Values by name, in the order of the document; no name twice.
    case map([Entry])
  }

  /// A value and its name.
  public struct Entry: Hashable, Sendable {
    /// The name.
    public let key: String
    /// Where the name stands.
    public let place: DocumentPlace
    /// The value.
    public let value: DocumentNode
  }

  /// What it is.
  public let content: Content
  /// A scalar as it is spelt in the document, without quotes; empty for others.
  public let spelling: String
  /// Where it begins; for an alias, where the alias stands.
  public let place: DocumentPlace

  /// What it is, in a word, for messages.
  var kind: String {
    switch content {
    case .null: "nothing"
    case .flag: "a truth value"
    case .whole, .number: "a number"
    case .text: "a text"
    case .list: "a list"
    case .map: "a map"
    }
  }
}

extension DocumentNode.Content {
  /// A plain scalar by YAML 1.2.2, 10.3.2 (core schema).
  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .flag(true)
    case "false", "False", "FALSE": self = .flag(false)
    case ".nan", ".NaN", ".NAN": self = .number(.nan)
    default: self = Self.number(text) ?? .text(text)
    }
  }

  private static func number(_ text: String) -> Self? {
    let bytes = Array(text.utf8)
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = bytes[(isNegative || bytes.first == UInt8(ascii: "+") ? 1 : 0)...]
    if [".inf", ".Inf", ".INF"].contains(String(decoding: digits, as: UTF8.self)) {
      return .number(isNegative ? -.infinity : .infinity)
    }
    // Other bases have no sign.
    for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) {
      let rest = text.dropFirst(2)
      guard !rest.isEmpty, rest.utf8.allSatisfy({ isDigit($0, radix: radix) }) else { return nil }
      return Int64(rest, radix: radix).map { .whole($0) } ?? .number(.infinity)
    }
    guard isDecimal(digits) else { return nil }
    if digits.allSatisfy({ isDigit($0, radix: 10) }), let whole = Int64(text) { return .whole(whole) }
    // Swift wants digits on both sides of the point, YAML on one: `.5`, `5.`.
    return Double(text).map { .number($0) } ?? Double(spelled(digits)).map { .number(isNegative ? -$0 : $0) }
  }

  private static func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48 < radix
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }

  /// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
  private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    func digits() -> Int {
      let count = rest.prefix { isDigit($0, radix: 10) }.count
      rest = rest.dropFirst(count)
      return count
    }
    let before = digits()
    var after = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      after = digits()
    }
    guard before + after > 0 else { return false }
    if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// The same number with digits on both sides of its point.
  private static func spelled(_ digits: ArraySlice<UInt8>) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return text }
    let isBare = parts[1].first.map { !$0.isNumber } ?? true
    return (parts[0].isEmpty ? "0" : parts[0]) + "." + (isBare ? "0" : "") + parts[1]
  }
}
