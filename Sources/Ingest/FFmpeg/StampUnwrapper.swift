import BraidCore

/// Takes the wrap out of a stream's stamps, which a container stores in a limited number of bits (33 in MPEG-TS).
///
/// A step of more than half the range between two packets is a wrap. Any number of wraps is followed, both ways.
struct StampUnwrapper {
  private let period: Int64
  private var offset: Int64 = 0
  private var last: Int64?

  /// For stamps of `bits` bits; 63 and more never wrap.
  init(bits: Int) {
    period = (1...62).contains(bits) ? 1 << bits : 0
  }

  /// Replaces a packet's stamps by those of a counter without end.
  mutating func unwrap(_ presentation: inout Int64?, _ decoding: inout Int64?) {
    guard period > 0, let reference = decoding ?? presentation else { return }
    if let last {
      offset = offset.addingSaturating(turns(from: last, to: reference.addingSaturating(offset)))
    }
    last = reference.addingSaturating(offset)
    decoding = decoding?.addingSaturating(offset)
    if let stamp = presentation?.addingSaturating(offset), let last {
      presentation = stamp.addingSaturating(turns(from: last, to: stamp))
    }
  }

  /// The multiple of the period that brings `stamp` within half a period of `last`.
  private func turns(from last: Int64, to stamp: Int64) -> Int64 {
    let step = stamp.subtractingSaturating(last)
    let half = period / 2
    if step < -half { return ((half - 1).subtractingSaturating(step) / period).multipliedSaturating(by: period) }
    if step > half { return -(step.addingSaturating(half - 1) / period).multipliedSaturating(by: period) }
    return 0
  }
}
