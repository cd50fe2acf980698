/// Memory for the samples of one audio block: 32-bit floats, interleaved, reused from block to block.
///
/// Written by the one thread that holds it uniquely (see ``RecyclingPool``), then shared read-only.
@safe
public final class SampleBuffer: @unchecked Sendable {
  // SAFETY: written only while uniquely held by the producing thread; a ring's lock hands it over.

  private var base: UnsafeMutablePointer<Float>
  /// How many floats it can hold.
  public private(set) var capacity: Int

  /// Room for `capacity` floats, zeroed.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe base = .allocate(capacity: self.capacity)
    unsafe base.initialize(repeating: 0, count: self.capacity)
  }

  deinit {
    unsafe base.deallocate()
  }

  /// Makes room for `count` floats; what it held is lost when it grows. Allocates only then.
  public func reserve(_ count: Int) {
    guard count > capacity else { return }
    unsafe base.deallocate()
    capacity = count
    unsafe base = .allocate(capacity: count)
    unsafe base.initialize(repeating: 0, count: count)
  }

  /// The first `count` floats, to be written by the only holder. `count` is held to the capacity.
  @unsafe
  public func withUnsafeMutableSamples<R, E: Error>(
    _ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(UnsafeMutableBufferPointer(start: base, count: min(count, capacity)))
  }

  /// The first `count` floats, read-only. `count` is held to the capacity.
  public func withSamples<R, E: Error>(_ count: Int, _ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
    let samples = unsafe UnsafeBufferPointer(start: base, count: min(count, capacity))
    return try unsafe body(Span(_unsafeElements: samples))
  }
}
