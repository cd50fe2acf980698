internal import COneDNN

/// A chosen implementation that is not compiled yet; tells the layouts it wants.
@safe struct PrimitiveDescriptor: ~Copyable {
  private let handle: dnnl_primitive_desc_t

  /// oneDNN's own choice for `operation`; nil where it has none.
  init?(_ operation: OperationDescriptor, _ attributes: borrowing PrimitiveAttributes) throws(InferenceError) {
    switch operation {
    case .convolution(var raw): try unsafe self.init(operation: &raw, attributes)
    case .product(var raw): try unsafe self.init(operation: &raw, attributes)
    }
  }

  /// oneDNN's default implementation for the operation that `operation` describes; nil where it has none.
  @unsafe init?(operation: UnsafeRawPointer, _ attributes: borrowing PrimitiveAttributes) throws(InferenceError) {
    var handle: dnnl_primitive_desc_t?
    let engine = try Engine.shared()
    let status = OneDNN.compiling {
      unsafe dnnl_primitive_desc_create(&handle, operation, attributes.pointer, engine.pointer, nil)
    }
    if status == dnnl_unimplemented || status == dnnl_invalid_arguments { return nil }
    try OneDNN.check("an operation", status)
    guard let handle = unsafe handle else { return nil }
    unsafe self.handle = handle
  }

  /// The implementation of this name; nil where oneDNN has none of it for `operation`.
  init?(
    _ operation: OperationDescriptor, _ attributes: borrowing PrimitiveAttributes, named name: String
  ) throws(InferenceError) {
    guard var list = try ImplementationList(operation, attributes) else { return nil }
    while let candidate = list.next() {
      if candidate.implementation == name {
        self = candidate
        return
      }
    }
    return nil
  }

  fileprivate init(owned handle: dnnl_primitive_desc_t) { unsafe self.handle = handle }

  /// A copy between layouts and types; nil where oneDNN has none.
  init?(
    reorder source: MemoryDescriptor, to target: MemoryDescriptor, _ attributes: borrowing PrimitiveAttributes
  ) throws(InferenceError) {
    var handle: dnnl_primitive_desc_t?
    let engine = try Engine.shared()
    var (from, to) = (source.raw, target.raw)
    let status = OneDNN.compiling {
      unsafe dnnl_reorder_primitive_desc_create(
        &handle, &from, engine.pointer, &to, engine.pointer, attributes.pointer)
    }
    if status == dnnl_unimplemented || status == dnnl_invalid_arguments { return nil }
    try OneDNN.check("a copy", status)
    guard let handle = unsafe handle else { return nil }
    unsafe self.handle = handle
  }

  deinit { unsafe dnnl_primitive_desc_destroy(handle) }

  /// The layout of one of the operation's tensors.
  func descriptor(_ query: dnnl_query_t, _ index: Int32 = 0) -> MemoryDescriptor? {
    unsafe dnnl_primitive_desc_query_md(handle, query, index).map { unsafe MemoryDescriptor(raw: $0.pointee) }
  }

  /// The name of the implementation, `brgconv:avx512_core_vnni`.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    guard unsafe dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name) == dnnl_success,
      let name = unsafe name
    else { return "" }
    return unsafe String(cString: name)
  }

  @unsafe var pointer: dnnl_primitive_desc_t { unsafe handle }
}

/// A convolution or product of matrices that no implementation has been chosen for.
// SAFETY: plain values without pointers, imported from C.
enum OperationDescriptor: @unchecked Sendable {
  case convolution(dnnl_convolution_desc_t)
  case product(dnnl_matmul_desc_t)
}

/// The implementations that oneDNN has for an operation, its own choice first.
@safe struct ImplementationList: ~Copyable {
  private let iterator: dnnl_primitive_desc_iterator_t
  private var isAtFirst = true

  /// Nil where it has none.
  init?(_ operation: OperationDescriptor, _ attributes: borrowing PrimitiveAttributes) throws(InferenceError) {
    let engine = try Engine.shared()
    var iterator: dnnl_primitive_desc_iterator_t?
    let status: dnnl_status_t
    switch operation {
    case .convolution(var raw):
      status = OneDNN.compiling {
        unsafe dnnl_primitive_desc_iterator_create(&iterator, &raw, attributes.pointer, engine.pointer, nil)
      }
    case .product(var raw):
      status = OneDNN.compiling {
        unsafe dnnl_primitive_desc_iterator_create(&iterator, &raw, attributes.pointer, engine.pointer, nil)
      }
    }
    if status == dnnl_unimplemented || status == dnnl_invalid_arguments { return nil }
    try OneDNN.check("a list of implementations", status)
    guard let iterator = unsafe iterator else { return nil }
    unsafe self.iterator = iterator
  }

  deinit { unsafe _ = dnnl_primitive_desc_iterator_destroy(iterator) }

  /// The next one; nil after the last.
  mutating func next() -> PrimitiveDescriptor? {
    if !isAtFirst {
      let status = OneDNN.compiling { unsafe dnnl_primitive_desc_iterator_next(iterator) }
      guard status == dnnl_success else { return nil }
    }
    isAtFirst = false
    return unsafe dnnl_primitive_desc_iterator_fetch(iterator).map { unsafe PrimitiveDescriptor(owned: $0) }
  }
}

/// A compiled operation. Immutable: threads share it, each with scratch memory of its own.
// SAFETY: oneDNN's primitives may be executed from several threads at once when scratch memory is the caller's.
@safe final class Primitive: @unchecked Sendable {
  private let handle: dnnl_primitive_t
  /// The scratch memory that an execution takes; nil for none.
  let scratch: MemoryDescriptor?
  /// The name of the implementation.
  let implementation: String

  init(_ descriptor: borrowing PrimitiveDescriptor) throws(InferenceError) {
    var handle: dnnl_primitive_t?
    let status = OneDNN.compiling { unsafe dnnl_primitive_create(&handle, descriptor.pointer) }
    try OneDNN.check("a primitive", status)
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no primitive") }
    unsafe self.handle = handle
    implementation = descriptor.implementation
    let scratch = descriptor.descriptor(dnnl_query_scratchpad_md)
    self.scratch = (scratch?.byteCount ?? 0) > 0 ? scratch : nil
  }

  deinit { unsafe dnnl_primitive_destroy(handle) }

  /// What oneDNN says of it: valid while this object lives, nil where it says nothing.
  @unsafe var primitiveDescriptor: const_dnnl_primitive_desc_t? {
    var descriptor: const_dnnl_primitive_desc_t?
    guard unsafe dnnl_primitive_get_primitive_desc(handle, &descriptor) == dnnl_success else { return nil }
    return unsafe descriptor
  }

  /// Runs on the calling thread, and on those that oneDNN may use for it.
  @unsafe func execute(
    _ stream: borrowing Stream, _ arguments: UnsafeBufferPointer<dnnl_exec_arg_t>
  ) throws(InferenceError) {
    try unsafe OneDNN.check(
      "to run", dnnl_primitive_execute(handle, stream.pointer, Int32(arguments.count), arguments.baseAddress))
  }
}
