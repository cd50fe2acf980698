/// Items of bytes in the order in which they came, at most so many bytes of them. Allocates: only while it grows.
struct SinkQueue {
  /// What stands before an item: its length and its tag.
  static let headerBytes = 12

  /// Bytes that it may hold. One item is always let in, however large.
  let capacity: Int
  /// Items that it holds.
  private(set) var count = 0
  private var storage: [UInt8] = []
  private var head = 0
  private var used = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Bytes that it holds.
  var byteCount: Int { used }

  /// Whether an item of `size` bytes may be added.
  func hasRoom(for size: Int) -> Bool { count == 0 || used + Self.headerBytes + size <= capacity }

  /// Adds an item, whether there is room or not.
  mutating func append(_ bytes: [UInt8], tag: Int64) {
    reserve(used + Self.headerBytes + bytes.count)
    let length = UInt32(clamping: bytes.count)
    let stamp = UInt64(bitPattern: tag)
    for shift in 0..<4 { put(UInt8(truncatingIfNeeded: length >> (8 * shift))) }
    for shift in 0..<8 { put(UInt8(truncatingIfNeeded: stamp >> (8 * shift))) }
    let start = (head + used) % storage.count
    let first = min(bytes.count, storage.count - start)
    storage.replaceSubrange(start..<start + first, with: bytes[..<first])
    storage.replaceSubrange(0..<bytes.count - first, with: bytes[first...])
    used += bytes.count
    count += 1
  }

  /// Lets the first item go.
  mutating func removeFirst() {
    guard count > 0 else { return }
    advance(Self.headerBytes + firstLength)
  }

  /// Moves the first item to the end of a batch.
  mutating func moveFirst(to batch: inout SinkBatch) {
    guard count > 0 else { return }
    let length = firstLength
    let tag = firstTag ?? 0
    let start = (head + Self.headerBytes) % storage.count
    let first = min(length, storage.count - start)
    batch.bytes.append(contentsOf: storage[start..<start + first])
    batch.bytes.append(contentsOf: storage[0..<length - first])
    batch.ends.append(batch.bytes.count)
    batch.tags.append(tag)
    advance(Self.headerBytes + length)
  }

  /// The length of the first item; there must be one.
  var firstLength: Int {
    (0..<4).reduce(0) { $0 | Int(byte($1)) << (8 * $1) }
  }

  /// The tag of the first item; nil where there is none.
  var firstTag: Int64? {
    guard count > 0 else { return nil }
    return Int64(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(byte(4 + $1)) << UInt64(8 * $1) })
  }

  private func byte(_ place: Int) -> UInt8 { storage[(head + place) % storage.count] }

  private mutating func put(_ byte: UInt8) {
    storage[(head + used) % storage.count] = byte
    used += 1
  }

  private mutating func advance(_ size: Int) {
    used -= size
    count -= 1
    head = count == 0 ? 0 : (head + size) % storage.count
    // What one large item needed is not kept.
    if count == 0, storage.count > max(capacity, 1 << 16) * 2 { storage = [] }
  }

  private mutating func reserve(_ size: Int) {
    guard size > storage.count else { return }
    var larger: [UInt8] = []
    larger.reserveCapacity(max(size, min(storage.count * 2, capacity), 1 << 16))
    let first = min(used, storage.count - head)
    larger.append(contentsOf: storage[head..<head + first])
    larger.append(contentsOf: storage[0..<used - first])
    larger.append(contentsOf: repeatElement(0, count: larger.capacity - used))
    storage = larger
    head = 0
  }
}

/// Items taken from a queue together.
struct SinkBatch {
  /// The items, one after the other.
  var bytes: [UInt8] = []
  /// Where each item ends in ``bytes``.
  var ends: [Int] = []
  /// Each item's tag: what its sink gave it.
  var tags: [Int64] = []

  /// How many items there are.
  var count: Int { ends.count }

  /// Where an item begins in ``bytes``.
  func start(of item: Int) -> Int { item == 0 ? 0 : ends[item - 1] }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    tags.removeAll(keepingCapacity: true)
  }
}
