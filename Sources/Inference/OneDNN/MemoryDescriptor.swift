internal import COneDNN

/// The shape, element type and layout of memory, in oneDNN's terms.
struct MemoryDescriptor: @unchecked Sendable {
  // SAFETY: a plain value without pointers, imported from C.
  private(set) var raw: dnnl_memory_desc_t

  /// A layout that oneDNN gave.
  init(raw: dnnl_memory_desc_t) { self.raw = raw }

  /// oneDNN's name for `type`, nil where it has none.
  static func dataType(_ type: ElementType) -> dnnl_data_type_t? {
    switch type {
    case .float32: dnnl_f32
    case .int8: dnnl_s8
    case .uint8: dnnl_u8
    case .int32: dnnl_s32
    default: nil
    }
  }

  /// Dense row-major memory of `type`; nil where oneDNN does not take its type, its rank or its emptiness.
  init?(plain type: TensorType) {
    let dimensions = type.shape.dimensions.isEmpty ? [1] : type.shape.dimensions
    let shape = type.shape.dimensions.isEmpty ? [1] : type.shape.strides
    self.init(type.elementType, dimensions, strides: shape)
  }

  /// Memory with these distances between neighbours, in elements.
  init?(_ type: ElementType, _ dimensions: [Int], strides: [Int]) {
    guard let dataType = Self.dataType(type), (1...6).contains(dimensions.count), dimensions.allSatisfy({ $0 > 0 })
    else {
      return nil
    }
    var raw = dnnl_memory_desc_t()
    guard
      unsafe dnnl_memory_desc_init_by_strides(
        &raw, Int32(dimensions.count), dimensions.map(Int64.init), dataType, strides.map(Int64.init)) == dnnl_success
    else { return nil }
    self.raw = raw
  }

  /// Memory in whatever layout oneDNN prefers.
  init?(anyLayout type: ElementType, _ dimensions: [Int]) {
    guard let dataType = Self.dataType(type), (1...6).contains(dimensions.count), dimensions.allSatisfy({ $0 > 0 })
    else {
      return nil
    }
    var raw = dnnl_memory_desc_t()
    guard
      unsafe dnnl_memory_desc_init_by_tag(
        &raw, Int32(dimensions.count), dimensions.map(Int64.init), dataType, dnnl_format_tag_any) == dnnl_success
    else { return nil }
    self.raw = raw
  }

  /// Bytes that the memory takes.
  var byteCount: Int {
    unsafe withRaw { unsafe Int(dnnl_memory_desc_get_size($0)) }
  }

  /// Whether two descriptors say the same.
  static func == (a: MemoryDescriptor, b: MemoryDescriptor) -> Bool {
    unsafe a.withRaw { x in unsafe b.withRaw { y in unsafe dnnl_memory_desc_equal(x, y) != 0 } }
  }

  /// The same memory with its axes in the order of `order`.
  func permuted(_ order: [Int]) -> MemoryDescriptor? {
    guard order.count == Int(raw.ndims) else { return nil }
    // oneDNN wants, for each old axis, its new place.
    var places = [Int32](repeating: 0, count: order.count)
    for (place, axis) in order.enumerated() { places[axis] = Int32(place) }
    var result = dnnl_memory_desc_t()
    let status = unsafe withRaw { unsafe dnnl_memory_desc_permute_axes(&result, $0, places) }
    return status == dnnl_success ? MemoryDescriptor(raw: result) : nil
  }

  /// A part of the memory that begins at `offsets`.
  func part(_ dimensions: [Int], at offsets: [Int]) -> MemoryDescriptor? {
    guard dimensions.count == Int(raw.ndims), offsets.count == dimensions.count else { return nil }
    var result = dnnl_memory_desc_t()
    let status = unsafe withRaw {
      unsafe dnnl_memory_desc_init_submemory(&result, $0, dimensions.map(Int64.init), offsets.map(Int64.init))
    }
    return status == dnnl_success ? MemoryDescriptor(raw: result) : nil
  }

  func withRaw<R>(_ body: (UnsafePointer<dnnl_memory_desc_t>) -> R) -> R {
    unsafe withUnsafePointer(to: raw) { unsafe body($0) }
  }
}
