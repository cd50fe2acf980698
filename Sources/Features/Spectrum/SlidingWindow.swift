internal import CKernels

/// Cuts a stream of samples into overlapping windows, whatever pieces it comes in.
///
/// Samples are made finite on the way in (see ``SoundFeature``). Allocates: no, after `init`.
@safe
final class SlidingWindow {
  /// Samples in a window, at least 1.
  let length: Int
  /// Samples from one window's start to the next, at least 1; may exceed `length`.
  let hop: Int
  /// Samples replaced so far.
  private(set) var replaced = 0

  private let storage: AlignedFloats
  private var start = 0
  private var end = 0
  /// Samples to pass over before the next window begins.
  private var skip = 0
  private var nextRow = 0

  init(length: Int, hop: Int) {
    self.length = max(1, length)
    self.hop = max(1, hop)
    storage = AlignedFloats(count: self.length + max(self.length, 4096))
  }

  func reset() {
    start = 0
    end = 0
    skip = 0
    nextRow = 0
  }

  /// Calls `body` with every window that `samples` complete: its `length` samples and its index.
  func push(_ samples: Span<Float>, _ body: (UnsafePointer<Float>, Int) -> Void) {
    unsafe samples.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      var taken = 0
      while taken < samples.count {
        let passed = min(skip, samples.count - taken)
        skip -= passed
        taken += passed
        if end == storage.count { moveToFront() }
        let count = min(storage.count - end, samples.count - taken)
        replaced += unsafe braid_copy_finite(source + taken, storage.base + end, count)
        end += count
        taken += count
        while end - start >= length {
          unsafe body(storage.base + start, nextRow)
          nextRow += 1
          start += hop
        }
        if start >= end {
          skip += start - end
          start = 0
          end = 0
        }
      }
    }
  }

  private func moveToFront() {
    unsafe storage.base.update(from: storage.base + start, count: end - start)
    end -= start
    start = 0
  }
}
