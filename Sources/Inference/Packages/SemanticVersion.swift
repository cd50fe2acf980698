/// Versions as Semantic Versioning 2.0.0 has them: `1.4.0`, `1.0.0-rc.1`, `2.0.0+20260101`.
enum SemanticVersion {
  /// Whether a text is one, by the grammar of https://semver.org/spec/v2.0.0.html.
  static func isValid(_ text: String) -> Bool {
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, !identifiers(parts[1], isNumberStrict: false) { return false }
    let core = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if core.count == 2, !identifiers(core[1], isNumberStrict: true) { return false }
    let numbers = core[0].split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 3 && numbers.allSatisfy { isNumber($0) && isPlain($0) }
  }

  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether a number has no zeros before it.
  private static func isPlain(_ number: Substring) -> Bool { number == "0" || number.first != "0" }

  private static func identifiers(_ text: Substring, isNumberStrict: Bool) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      let isWord = part.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D
      }
      return !part.isEmpty && isWord && !(isNumberStrict && isNumber(part) && !isPlain(part))
    }
  }
}
