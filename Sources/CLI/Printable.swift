extension String {
  /// As a terminal may show it: control characters that came with a file or a model are spelt out, `\x1B`. Lines and tabs stay.
  var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      guard scalar.isControl else {
        text.unicodeScalars.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      text += "\\x" + (digits.count == 1 ? "0" : "") + digits
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Those of ASCII and of Latin-1, which some terminals obey too.
  fileprivate var isControl: Bool {
    (value < 0x20 && self != "\n" && self != "\t") || (0x7F...0x9F).contains(value)
  }
}
