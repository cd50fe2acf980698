internal import CKernels

/// Windows whose middles are at every `hop`-th sample, the first at sample 0: the stream is continued by half a window at
/// both ends (librosa's `center=True`).
///
/// `n` samples make `1 + n / hop` windows where the length is even; none make none. Allocates: no, after `init`.
@safe
final class CentredFrames {
  /// What stands beyond the ends.
  enum Padding {
    /// Zeros.
    case zeros
    /// The first sample and the last one.
    case edge
  }

  var length: Int { window.length }
  var hop: Int { window.hop }
  /// Samples replaced so far.
  var replaced: Int { window.replaced }
  /// Samples after its centre that a window waits for.
  var delay: Int { length - length / 2 }

  private let window: SlidingWindow
  private let padding: Padding
  private let beyond: AlignedFloats
  private var last: Float = 0
  private var hasBegun = false

  init(length: Int, hop: Int, padding: Padding = .zeros) {
    window = SlidingWindow(length: length, hop: hop)
    self.padding = padding
    beyond = AlignedFloats(count: window.length / 2)
  }

  /// Calls `body` with every window that `samples` complete: its `length` samples and its index.
  func push(_ samples: Span<Float>, _ body: (UnsafePointer<Float>, Int) -> Void) {
    guard samples.count > 0 else { return }
    if !hasBegun {
      hasBegun = true
      unsafe pad(with: samples[0], body)
    }
    last = samples[samples.count - 1]
    unsafe window.push(samples, body)
  }

  /// Calls `body` with the windows that reach beyond the last sample.
  func finish(_ body: (UnsafePointer<Float>, Int) -> Void) {
    if hasBegun { unsafe pad(with: last, body) }
  }

  func reset() {
    window.reset()
    hasBegun = false
  }

  private func pad(with sample: Float, _ body: (UnsafePointer<Float>, Int) -> Void) {
    if padding == .edge {
      var finite: Float = 0
      _ = unsafe withUnsafePointer(to: sample) { unsafe braid_copy_finite($0, &finite, 1) }
      unsafe beyond.base.update(repeating: finite, count: beyond.count)
    }
    beyond.withSpan(beyond.count) { unsafe window.push($0, body) }
  }
}
