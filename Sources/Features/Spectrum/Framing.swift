/// Where a clip's windows lie.
struct Framing: Hashable, Sendable {
  private enum Ends: Hashable, Sendable {
    /// Windows lie inside the clip.
    case inside
    /// Window `r` has sample `r * hop` in its middle, as far as the padded clip holds it whole.
    case centred(dropsLast: Bool)
    /// Window `r` has the middle of hop `r` in its middle; one for each hop, rounded.
    case hops
  }

  /// Samples in a window.
  let length: Int
  /// Samples from one window's start to the next.
  let hop: Int
  /// How many samples before the first the first window begins; negative where it begins after it.
  let leading: Int
  /// What stands for samples that there are not.
  let padding: SamplePadding
  private let ends: Ends

  /// Windows inside the clip only: the first begins at the first sample.
  static func inside(length: Int, hop: Int) -> Framing {
    Framing(length: max(1, length), hop: max(1, hop), leading: 0, padding: .zeros, ends: .inside)
  }

  /// Windows about samples 0, hop, 2 hop and so on, as librosa and PyTorch centre them; `dropsLast` as Whisper does.
  static func centred(length: Int, hop: Int, padding: SamplePadding, dropsLast: Bool = false) -> Framing {
    Framing(
      length: max(1, length), hop: max(1, hop), leading: max(1, length) / 2, padding: padding,
      ends: .centred(dropsLast: dropsLast))
  }

  /// Windows about the middles of hops, mirrored at the ends: Kaldi without `snip-edges`.
  static func hops(length: Int, hop: Int) -> Framing {
    let (length, hop) = (max(1, length), max(1, hop))
    return Framing(length: length, hop: hop, leading: length / 2 - hop / 2, padding: .symmetric, ends: .hops)
  }

  /// Whether windows reach past the ends of the clip.
  var isPadded: Bool { ends != .inside }

  /// How many windows a clip of `count` samples has.
  func windowCount(ofClip count: Int) -> Int {
    guard count > 0 else { return 0 }
    switch ends {
    case .inside: return count < length ? 0 : 1 + (count - length) / hop
    case .centred(let dropsLast):
      let windows = 1 + (count + 2 * leading - length) / hop
      return dropsLast ? windows - 1 : windows
    case .hops: return (count + hop / 2) / hop
    }
  }

  /// The sample in the middle of window `row`.
  func centre(ofRow row: Int) -> Int { row * hop + length / 2 - leading }

  /// How many samples after its centre a window waits for: the rest of it, and for the first one what is mirrored.
  var delay: Int { max(length - length / 2, leading > 0 ? padding.samplesNeeded(for: leading) - centre(ofRow: 0) : 0) }
}
