import Foundation

/// Zip archives byte by byte (PKWARE's APPNOTE.TXT 6.3), also such as no tool writes.
struct ZipBuilder {
  struct Entry {
    var name: [UInt8]
    var data: [UInt8]
    /// 0 stored, 8 deflated.
    var method: UInt16 = 0
    /// What the headers say of the size; nil for the truth of stored data.
    var size: UInt32?
    var crc: UInt32?
    var flags: UInt16 = 1 << 11
    /// The Unix mode.
    var mode: UInt32 = 0o100644

    init(_ name: String, _ data: [UInt8]) {
      self.name = Array(name.utf8)
      self.data = data
    }
  }

  var entries: [Entry] = []

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = file.count
      let common = header(entry)
      file += Self.little(0x0403_4B50, 4) + common + Self.little(entry.name.count, 2) + Self.little(0, 2)
      file += entry.name + entry.data
      directory += Self.little(0x0201_4B50, 4) + Self.little(3 << 8 | 20, 2) + common
      directory += Self.little(entry.name.count, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2)
      directory += Self.little(0, 2) + Self.little(Int(entry.mode) << 16, 4) + Self.little(offset, 4) + entry.name
    }
    let start = file.count
    file += directory + Self.little(0x0605_4B50, 4) + Self.little(0, 4)
    file += Self.little(entries.count, 2) + Self.little(entries.count, 2) + Self.little(directory.count, 4)
    return file + Self.little(start, 4) + Self.little(0, 2)
  }

  /// From the version needed to the size.
  private func header(_ entry: Entry) -> [UInt8] {
    Self.little(20, 2) + Self.little(Int(entry.flags), 2) + Self.little(Int(entry.method), 2) + Self.little(0, 2)
      + Self.little(33, 2) + Self.little(Int(entry.crc ?? Self.crc(entry.data)), 4) + Self.little(entry.data.count, 4)
      + Self.little(Int(entry.size ?? UInt32(entry.data.count)), 4)
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }

  /// CRC-32 (ISO 3309).
  static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    let table = table
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    return ~crc
  }

  /// A deflate stream (RFC 1951) of `1 + 258 · repeats` zeros: a literal, and copies of 258 bytes from one byte back, by the
  /// fixed codes.
  static func zeros(_ repeats: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var (bits, count): (UInt64, UInt64) = (0, 0)
    func put(_ value: UInt64, _ length: UInt64) {
      bits |= value << count
      count += length
      while count >= 8 {
        bytes.append(UInt8(bits & 0xFF))
        bits >>= 8
        count -= 8
      }
    }
    // Codes go in from their highest bit.
    put(0b011, 3)  // the last block, fixed codes
    put(0b0000_1100, 8)  // literal 0: 00110000
    for _ in 0..<repeats {
      put(0b1010_0011, 8)  // length 258: 11000101
      put(0, 5)  // distance 1
    }
    put(0, 7)  // the end: 0000000
    put(0, 7)
    return bytes
  }
}
