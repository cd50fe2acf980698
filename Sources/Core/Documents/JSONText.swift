/// What JSON has that YAML has not.
enum JSONText {
  /// A document as libyaml reads it: unchanged, but for a JSON object or list with tabs before it or with characters written as
  /// pairs of surrogates (`\ud83d\ude00`, RFC 8259, 7), which become the characters. Of a pair, columns behind it in its line
  /// are counted as it becomes.
  static func readable(_ bytes: [UInt8]) -> [UInt8] {
    let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      bytes[first] == UInt8(ascii: "{") || bytes[first] == UInt8(ascii: "[")
    else { return bytes }
    var text: [UInt8] = bytes[..<first].map { $0 == 0x09 ? 0x20 : $0 }
    text.reserveCapacity(bytes.count)
    var place = first
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\\"), place + 1 < bytes.count {
        if let high = unit(bytes, place), (0xD800...0xDBFF).contains(high), let low = unit(bytes, place + 6),
          (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar((high - 0xD800) << 10 + (low - 0xDC00) + 0x10000)
        {
          text += Array(String(Character(scalar)).utf8)
          place += 12
        } else {
          text += bytes[place...(place + 1)]
          place += 2
        }
      } else {
        text.append(byte)
        place += 1
      }
    }
    return text
  }

  /// The number of `\uXXXX` at a place.
  private static func unit(_ bytes: [UInt8], _ place: Int) -> UInt32? {
    guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else {
      return nil
    }
    let digits = String(decoding: bytes[(place + 2)..<(place + 6)], as: UTF8.self)
    return digits.first == "+" || digits.first == "-" ? nil : UInt32(digits, radix: 16)
  }
}
