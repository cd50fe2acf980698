internal import CKernels

/// Cuts a stream of samples into overlapping windows, whatever pieces it comes in.
///
/// Samples are made finite on the way in (see ``SoundFeature``). Allocates: no, after `init`.
@safe
final class SlidingWindow {
  /// Where windows lie.
  let framing: Framing
  /// Samples replaced so far.
  private(set) var replaced = 0

  private let storage: AlignedFloats
  /// Samples behind the newest that are kept for the padding of the end.
  private let history: Int
  /// Where in the storage the next window begins (it may lie past `end`), and where the samples end.
  private var start = 0
  private var end = 0
  /// The index of the storage's first sample in the clip.
  private var origin = 0
  /// Samples of the clip so far.
  private var received = 0
  /// Whether the samples before the first are still to be made.
  private var isHeadOpen = false
  private var nextRow = 0

  /// Samples in a window.
  var length: Int { framing.length }
  /// Samples from one window's start to the next.
  var hop: Int { framing.hop }

  /// Windows inside the stream, the first one at the first sample.
  convenience init(length: Int, hop: Int) { self.init(.inside(length: length, hop: hop)) }

  init(_ framing: Framing) {
    self.framing = framing
    history = framing.isPadded ? framing.length : 0
    storage = AlignedFloats(count: framing.length + max(framing.length, 4096) + 2 * history)
    reset()
  }

  func reset() {
    let head = max(0, framing.leading)
    origin = -head
    end = head
    start = max(0, -framing.leading)
    received = 0
    isHeadOpen = head > 0
    nextRow = 0
  }

  /// Calls `body` with every window that `samples` complete: its samples and its index.
  func push(_ samples: Span<Float>, _ body: (UnsafePointer<Float>, Int) -> Void) {
    unsafe samples.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      var taken = 0
      while taken < samples.count {
        if end == storage.count { moveToFront() }
        let count = min(storage.count - end, samples.count - taken)
        replaced += unsafe braid_copy_finite(source + taken, storage.base + end, count)
        end += count
        taken += count
        received += count
        if isHeadOpen {
          guard received >= framing.padding.samplesNeeded(for: framing.leading) else { continue }
          fillHead()
        }
        while end - start >= framing.length { unsafe emit(body) }
      }
    }
  }

  /// The clip is over: calls `body` with the windows that reach past its end, if there are any.
  func finish(_ body: (UnsafePointer<Float>, Int) -> Void) {
    let rows = framing.windowCount(ofClip: received)
    guard framing.isPadded, nextRow < rows else { return }
    if isHeadOpen { fillHead() }
    moveToFront()
    while nextRow < rows {
      while end - start < framing.length {
        unsafe storage.base[end] = padded(origin + end)
        end += 1
      }
      unsafe emit(body)
    }
  }

  private func emit(_ body: (UnsafePointer<Float>, Int) -> Void) {
    unsafe body(storage.base + start, nextRow)
    nextRow += 1
    start += framing.hop
  }

  /// The sample that stands for one before the first or after the last, which must be near enough to be kept.
  private func padded(_ index: Int) -> Float {
    guard let source = framing.padding.source(of: index, clip: received) else { return 0 }
    return unsafe storage.base[source - origin]
  }

  private func fillHead() {
    for place in 0..<framing.leading { unsafe storage.base[place] = padded(origin + place) }
    isHeadOpen = false
  }

  private func moveToFront() {
    let first = max(0, min(start, end - history))
    unsafe storage.base.update(from: storage.base + first, count: end - first)
    origin += first
    start -= first
    end -= first
  }
}
