internal import COneDNN

extension MemoryDescriptor {
  /// The distances between neighbours, where the layout is nothing but those.
  var strides: [Int]? {
    guard raw.format_kind == dnnl_blocked, unsafe raw.format_desc.blocking.inner_nblks == 0, raw.extra.flags == 0 else {
      return nil
    }
    let count = Int(raw.ndims)
    return unsafe withUnsafeBytes(of: raw.format_desc.blocking.strides) { bytes in
      let values = unsafe bytes.bindMemory(to: Int64.self)
      return (0..<count).map { unsafe Int(values[$0]) }
    }
  }

  var dimensions: [Int] {
    let count = Int(raw.ndims)
    return unsafe withUnsafeBytes(of: raw.dims) { bytes in
      let values = unsafe bytes.bindMemory(to: Int64.self)
      return (0..<count).map { unsafe Int(values[$0]) }
    }
  }

  /// The axes by letter in the order in which they are nested, split ones in capitals, then the blocks: `aBcd16b`.
  var layoutName: String {
    guard raw.format_kind == dnnl_blocked else { return "opaque" }
    let rank = Int(raw.ndims)
    let blocking = unsafe raw.format_desc.blocking
    func list(_ values: some BitwiseCopyable, _ count: Int) -> [Int] {
      unsafe withUnsafeBytes(of: values) { bytes in
        let numbers = unsafe bytes.bindMemory(to: Int64.self)
        return (0..<count).map { unsafe Int(numbers[$0]) }
      }
    }
    let strides = list(blocking.strides, rank)
    let blocks = list(blocking.inner_blks, Int(blocking.inner_nblks))
    let axes = list(blocking.inner_idxs, Int(blocking.inner_nblks))
    let sizes = dimensions
    let order = (0..<rank).sorted {
      (strides[$0], sizes[$0], -$0) > (strides[$1], sizes[$1], -$1)
    }
    let letters = Array("abcdefghijkl")
    var name = order.map { axes.contains($0) ? letters[$0].uppercased() : String(letters[$0]) }.joined()
    for (size, axis) in zip(blocks, axes) { name += "\(size)\(letters[axis])" }
    return name
  }

  /// Whether both place every element at the same address; axes of size 1 have no say.
  func places(like other: MemoryDescriptor) -> Bool {
    if self == other { return true }
    guard let mine = strides, let theirs = other.strides, raw.data_type == other.raw.data_type,
      dimensions == other.dimensions, raw.offset0 == other.raw.offset0
    else { return false }
    return zip(dimensions, zip(mine, theirs)).allSatisfy { $0 == 1 || $1.0 == $1.1 }
  }

  /// A dense layout of `type` and `dimensions` with the axes nested as here; row-major where that cannot be told.
  func nestedAlike(_ type: ElementType, _ dimensions: [Int]) -> MemoryDescriptor? {
    let order: [Int]
    if let strides, strides.count == dimensions.count {
      // Axes of size 1 have arbitrary strides; they stay outside.
      let mine = self.dimensions
      order = dimensions.indices.sorted {
        (mine[$0] == 1 ? Int.max : strides[$0], -$0) > (mine[$1] == 1 ? Int.max : strides[$1], -$1)
      }
    } else {
      order = Array(dimensions.indices)
    }
    return MemoryDescriptor.dense(type, dimensions, nesting: order)
  }

  /// The same with the nesting of `other`, a layout whose sizes tell it even where those of `dimensions` are 1.
  func nestedAlike(_ type: ElementType, _ dimensions: [Int], like other: MemoryDescriptor) -> MemoryDescriptor? {
    guard let strides = other.strides, strides.count == dimensions.count else { return nil }
    let sizes = other.dimensions
    let order = dimensions.indices.sorted {
      (sizes[$0] == 1 ? Int.max : strides[$0], -$0) > (sizes[$1] == 1 ? Int.max : strides[$1], -$1)
    }
    return MemoryDescriptor.dense(type, dimensions, nesting: order)
  }

  /// A dense layout with the axes nested in `nesting`, outermost first.
  static func dense(_ type: ElementType, _ dimensions: [Int], nesting: [Int]) -> MemoryDescriptor? {
    var strides = [Int](repeating: 1, count: dimensions.count)
    var step = 1
    for axis in nesting.reversed() {
      strides[axis] = step
      step *= dimensions[axis]
    }
    return MemoryDescriptor(type, dimensions, strides: strides)
  }

  /// Whether the memory holds the elements and nothing else.
  var isDense: Bool {
    let type: Int
    switch raw.data_type {
    case dnnl_u8, dnnl_s8: type = 1
    case dnnl_f32, dnnl_s32: type = 4
    default: return false
    }
    return raw.offset0 == 0 && raw.extra.flags == 0 && byteCount == type * dimensions.reduce(1, *)
  }

  /// How memory without gaps or blocks repeats along `axis`: `outer` runs, each of the axis's places, each place of
  /// `inner` elements; nil for other memory.
  func runs(along axis: Int) -> (outer: Int, inner: Int)? {
    guard let strides, isDense, strides.indices.contains(axis), !dimensions.contains(0) else { return nil }
    // The axis's own distance says nothing where it has one place: then what lies further in is unknown.
    let sizes = dimensions
    guard sizes[axis] > 1 else { return nil }
    let inner = strides[axis]
    return (sizes.reduce(1, *) / sizes[axis] / inner, inner)
  }

  /// A dense layout of a picture with its channels innermost.
  static func channelsLast(_ type: ElementType, _ dimensions: [Int]) -> MemoryDescriptor? {
    guard dimensions.count >= 3 else { return nil }
    return dense(type, dimensions, nesting: [0] + Array(2..<dimensions.count) + [1])
  }
}
