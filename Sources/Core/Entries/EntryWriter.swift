import Glibc

/// Writes a file of entries: each a length, a tag and fields, so that a file cut off anywhere can be read up to there.
///
/// A file begins with eight bytes that say what it is. An entry is its length in bytes without the length itself (32 bits), a
/// tag (8 bits) and its fields: integers of 64 bits, or byte strings with their length before them. All little-endian.
/// One owner, one thread at a time. Allocates: no, in the steady state.
@safe
public final class EntryWriter: @unchecked Sendable {
  // SAFETY: one thread at a time uses it; the descriptor is its own.

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var entryStart = 0
  private static let flushThreshold = 1 << 18

  /// Where it writes.
  public let path: String
  /// The first error of the system, as `errno` says it; 0 while all is well. What comes after it is not written.
  public private(set) var error: Int32 = 0

  /// Makes the file, which must not be there yet; nil where that cannot be done, and `errno` says why. `kind` is eight ASCII
  /// characters that say what it is.
  public init?(path: String, kind: StaticString) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return nil }
    buffer.reserveCapacity(Self.flushThreshold * 2)
    unsafe buffer.append(contentsOf: UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount))
  }

  deinit {
    flush()
    close(descriptor)
  }

  /// Begins an entry.
  public func begin(_ tag: UInt8) {
    entryStart = buffer.count
    append(UInt32(0))
    buffer.append(tag)
  }

  /// Adds an integer field.
  public func add(_ value: Int64) { append(UInt64(bitPattern: value)) }

  /// Adds an integer field.
  public func add(_ value: Int) { add(Int64(value)) }

  /// Adds a real number, by its bits.
  public func add(_ value: Double) { append(value.bitPattern) }

  /// Adds a text, as UTF-8.
  public func add(_ text: String) {
    add(text.utf8.count)
    buffer.append(contentsOf: text.utf8)
  }

  /// Adds samples, by their bits, with their number before them.
  public func add(_ samples: Span<Float>) {
    add(samples.count)
    for index in samples.indices { append(samples[index].bitPattern) }
  }

  /// Adds bytes.
  @unsafe
  public func add(_ bytes: UnsafeRawBufferPointer) {
    add(bytes.count)
    unsafe buffer.append(contentsOf: bytes)
  }

  /// Ends the entry. Writes when enough has gathered.
  public func end() {
    let length = UInt32(clamping: buffer.count - entryStart - 4)
    for index in 0..<4 { buffer[entryStart + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    if buffer.count >= Self.flushThreshold { flush() }
  }

  /// Hands everything to the system.
  public func flush() {
    var written = 0
    while error == 0, written < buffer.count {
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count > 0 { written += count } else if errno != EINTR { error = errno }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func append(_ value: UInt32) {
    for index in 0..<4 { buffer.append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))) }
  }

  private func append(_ value: UInt64) {
    for index in 0..<8 { buffer.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
  }
}
