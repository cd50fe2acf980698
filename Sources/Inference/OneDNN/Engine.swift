internal import COneDNN

/// oneDNN's processor engine; one serves the whole process.
// SAFETY: oneDNN's engines may be used from any thread; the pointer never changes.
@safe final class Engine: @unchecked Sendable {
  private let handle: dnnl_engine_t

  private init() throws(InferenceError) {
    // oneDNN 2.6 gives a wrong primitive, or crashes, when its cache throws entries out while another thread looks for one
    // (docs/design/0006). A plan keeps its own primitives and needs no cache.
    try OneDNN.check("to do without its cache", dnnl_set_primitive_cache_capacity(0))
    var handle: dnnl_engine_t?
    try unsafe OneDNN.check("an engine", dnnl_engine_create(&handle, dnnl_cpu, 0))
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no engine") }
    unsafe self.handle = handle
  }

  deinit { unsafe dnnl_engine_destroy(handle) }

  private static let made: Result<Engine, InferenceError> = Result { () throws(InferenceError) in try Engine() }

  /// The process's engine.
  static func shared() throws(InferenceError) -> Engine { try made.get() }

  @unsafe var pointer: dnnl_engine_t { unsafe handle }
}

/// A queue of work on the calling thread.
@safe struct Stream: ~Copyable {
  private let handle: dnnl_stream_t

  init() throws(InferenceError) {
    var handle: dnnl_stream_t?
    try unsafe OneDNN.check(
      "a stream", dnnl_stream_create(&handle, Engine.shared().pointer, UInt32(dnnl_stream_default_flags.rawValue)))
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no stream") }
    unsafe self.handle = handle
  }

  deinit { unsafe dnnl_stream_destroy(handle) }

  @unsafe var pointer: dnnl_stream_t { unsafe handle }
}

/// A descriptor bound to bytes that someone else owns.
// SAFETY: owns only oneDNN's handle; the session that made it uses it from one thread.
@safe final class Memory {
  private let handle: dnnl_memory_t

  /// Binds to `base`: memory of at least the descriptor's size, which outlives this object.
  @unsafe init(_ descriptor: MemoryDescriptor, base: UnsafeMutableRawPointer) throws(InferenceError) {
    var handle: dnnl_memory_t?
    let engine = try Engine.shared()
    let status = unsafe descriptor.withRaw { unsafe dnnl_memory_create(&handle, $0, engine.pointer, base) }
    try OneDNN.check("memory", status)
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no memory") }
    unsafe self.handle = handle
  }

  deinit { unsafe dnnl_memory_destroy(handle) }

  @unsafe var pointer: dnnl_memory_t { unsafe handle }
}
