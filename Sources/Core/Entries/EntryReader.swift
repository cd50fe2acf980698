import Glibc

/// What is wrong with a file of entries.
public struct EntryError: Error, Hashable {
  /// In words.
  public let message: String
  /// Where in the file, in bytes.
  public let offset: Int
}

/// The fields of one entry, read in their order. Every access is checked.
public struct EntryFields {
  /// Which kind of entry.
  public let tag: UInt8
  private let bytes: [UInt8]
  private let offset: Int
  private var position = 0

  init(tag: UInt8, bytes: [UInt8], offset: Int) {
    self.tag = tag
    self.bytes = bytes
    self.offset = offset
  }

  /// The next field, an integer.
  public mutating func integer() throws(EntryError) -> Int64 {
    guard bytes.count - position >= 8 else { throw EntryError(message: "an entry is too short", offset: offset) }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
    position += 8
    return Int64(bitPattern: value)
  }

  /// The next field, an integer within bounds.
  public mutating func integer(in range: ClosedRange<Int>) throws(EntryError) -> Int {
    let value = try integer()
    guard let value = Int(exactly: value), range.contains(value) else {
      throw EntryError(message: "\(value) is not in \(range.lowerBound) to \(range.upperBound)", offset: offset)
    }
    return value
  }

  /// The next field, a real number.
  public mutating func real() throws(EntryError) -> Double { Double(bitPattern: UInt64(bitPattern: try integer())) }

  /// The next field, a text.
  public mutating func text() throws(EntryError) -> String {
    let range = try bytes(of: try integer())
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// The next field, bytes: where they are in ``withBytes(_:_:)``.
  public mutating func byteString() throws(EntryError) -> Range<Int> { try bytes(of: try integer()) }

  /// The next field, samples, in memory that `make` gives for as many.
  public mutating func samples(_ make: (Int) -> SampleBuffer) throws(EntryError) -> (buffer: SampleBuffer, count: Int) {
    let count = try integer(in: 0...(bytes.count / 4))
    let range = try bytes(of: Int64(count * 4))
    let buffer = make(count)
    unsafe buffer.withUnsafeMutableSamples(count) { target in
      for index in 0..<min(count, target.count) {
        var bits: UInt32 = 0
        for byte in 0..<4 { bits |= UInt32(bytes[range.lowerBound + 4 * index + byte]) << (8 * UInt32(byte)) }
        unsafe target[index] = Float(bitPattern: bits)
      }
    }
    return (buffer, count)
  }

  /// Lends the bytes of a field.
  @unsafe
  public func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe bytes.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Says that the entry is not as it should be.
  public func fault(_ message: String) -> EntryError { EntryError(message: message, offset: offset) }

  private mutating func bytes(of count: Int64) throws(EntryError) -> Range<Int> {
    guard count >= 0, count <= bytes.count - position else {
      throw EntryError(message: "a field is longer than its entry", offset: offset)
    }
    let range = position..<position + Int(count)
    position = range.upperBound
    return range
  }
}

/// Reads what ``EntryWriter`` wrote. A file that was cut off ends at its last whole entry.
@safe
public final class EntryReader: @unchecked Sendable {
  // SAFETY: one thread at a time uses it; the stream is its own.

  /// No entry is longer; a raw picture of 8192 x 8192 pixels in four bytes each just fits.
  private static let longestEntry = 1 << 29

  private let file: UnsafeMutablePointer<FILE>
  private var offset = 8
  /// The file.
  public let path: String

  /// Opens the file; nil where it cannot be opened or is of another kind.
  public init?(path: String, kind: StaticString) {
    guard let file = unsafe fopen(path, "rbe") else { return nil }
    unsafe self.file = file
    self.path = path
    var magic = [UInt8](repeating: 0, count: kind.utf8CodeUnitCount)
    let count = unsafe fread(&magic, 1, magic.count, file)
    let wanted = unsafe UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount)
    guard count == magic.count, unsafe magic.elementsEqual(wanted) else { return nil }
  }

  deinit {
    unsafe fclose(file)
  }

  /// The next entry; nil at the end.
  ///
  /// - Throws: ``EntryError`` for what no writer writes.
  public func next() throws(EntryError) -> EntryFields? {
    var head = [UInt8](repeating: 0, count: 5)
    guard unsafe fread(&head, 1, 5, file) == 5 else { return nil }
    let length = head[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length >= 1, length <= Self.longestEntry else {
      throw EntryError(message: "an entry of \(length) bytes", offset: offset)
    }
    var bytes = [UInt8](repeating: 0, count: length - 1)
    guard unsafe fread(&bytes, 1, length - 1, file) == length - 1 else { return nil }
    defer { offset += 4 + length }
    return EntryFields(tag: head[4], bytes: bytes, offset: offset)
  }
}
