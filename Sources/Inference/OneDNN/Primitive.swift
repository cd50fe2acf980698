internal import COneDNN

/// A chosen implementation that is not compiled yet; tells the layouts it wants.
@safe struct PrimitiveDescriptor: ~Copyable {
  private let handle: dnnl_primitive_desc_t

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

  /// The first implementation whose name is one of `preferred`, oneDNN's default where none is; nil where it has no
  /// implementation at all.
  @unsafe init?(
    operation: UnsafeRawPointer, _ attributes: borrowing PrimitiveAttributes, preferring preferred: [String]
  ) throws(InferenceError) {
    guard let fallback = try unsafe PrimitiveDescriptor(operation: operation, attributes) else { return nil }
    let engine = try Engine.shared()
    var iterator: dnnl_primitive_desc_iterator_t?
    let status = OneDNN.compiling {
      unsafe dnnl_primitive_desc_iterator_create(&iterator, operation, attributes.pointer, engine.pointer, nil)
    }
    guard status == dnnl_success, let iterator = unsafe iterator else {
      self = fallback
      return
    }
    defer { unsafe _ = dnnl_primitive_desc_iterator_destroy(iterator) }
    repeat {
      guard let handle = unsafe dnnl_primitive_desc_iterator_fetch(iterator) else { break }
      let candidate = unsafe PrimitiveDescriptor(owned: handle)
      if preferred.contains(candidate.implementation) {
        self = candidate
        return
      }
    } while OneDNN.compiling({ unsafe dnnl_primitive_desc_iterator_next(iterator) }) == dnnl_success
    self = fallback
  }

  private init(owned handle: dnnl_primitive_desc_t) { unsafe self.handle = handle }

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
  func descriptor(_ query: dnnl_query_t) -> MemoryDescriptor? {
    unsafe dnnl_primitive_desc_query_md(handle, query, 0).map { unsafe MemoryDescriptor(raw: $0.pointee) }
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
