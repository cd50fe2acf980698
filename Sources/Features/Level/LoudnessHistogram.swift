import Glibc

/// The loudness of blocks, as many as there may be, in memory that does not grow: how many blocks and how much energy there
/// are in each hundredth of a loudness unit from -70 to +40 LUFS.
///
/// Means are of the blocks' own energies; a relative gate and percentiles fall on hundredths.
struct LoudnessHistogram {
  /// The absolute gate, in LUFS: what is softer does not count at all.
  static let gate = -70.0
  private static let binsPerUnit = 100.0
  private static let binCount = 11_000

  private var counts = [Int](repeating: 0, count: binCount)
  private var energies = [Double](repeating: 0, count: binCount)
  private var used = 0..<0

  /// Adds a block of this mean square, if it passes the absolute gate.
  mutating func add(_ energy: Double) {
    let loudness = Self.loudness(energy)
    guard loudness >= Self.gate else { return }
    let bin = Self.bin(loudness)
    counts[bin] += 1
    energies[bin] += energy
    used = used.isEmpty ? bin..<(bin + 1) : min(used.lowerBound, bin)..<max(used.upperBound, bin + 1)
  }

  mutating func reset() {
    for bin in used {
      counts[bin] = 0
      energies[bin] = 0
    }
    used = 0..<0
  }

  /// The mean loudness of the blocks that are no more than `relativeGate` units softer than the mean of all, in LUFS;
  /// nil without any.
  func mean(relativeGate: Double) -> Double? {
    gated(relativeGate).map { bins in
      let (energy, count) = sum(bins)
      return Self.loudness(energy / Double(count))
    }
  }

  /// From the 10th to the 95th percentile of those blocks, in LU; 0 without any.
  func range(relativeGate: Double) -> Double {
    guard let bins = gated(relativeGate) else { return 0 }
    let last = Double(sum(bins).count - 1)
    let low = percentile(Int((last * 0.1).rounded()), bins)
    let high = percentile(Int((last * 0.95).rounded()), bins)
    return Double(high - low) / Self.binsPerUnit
  }

  /// `-0.691 + 10 log10(energy)`, in LUFS.
  static func loudness(_ energy: Double) -> Double { -0.691 + 10 * log10(energy) }

  /// The bins that pass the relative gate.
  private func gated(_ relativeGate: Double) -> Range<Int>? {
    let (energy, count) = sum(used)
    guard count > 0 else { return nil }
    let lowest = Self.bin(Self.loudness(energy / Double(count)) - relativeGate)
    return max(used.lowerBound, min(lowest, used.upperBound - 1))..<used.upperBound
  }

  private func sum(_ bins: Range<Int>) -> (energy: Double, count: Int) {
    var energy = 0.0
    var count = 0
    for bin in bins {
      energy += energies[bin]
      count += counts[bin]
    }
    return (energy, count)
  }

  /// The bin of the block of this rank among those of `bins`.
  private func percentile(_ rank: Int, _ bins: Range<Int>) -> Int {
    var below = 0
    for bin in bins {
      below += counts[bin]
      if below > rank { return bin }
    }
    return max(bins.lowerBound, bins.upperBound - 1)
  }

  private static func bin(_ loudness: Double) -> Int {
    Int(max(0, min(Double(binCount - 1), ((loudness - gate) * binsPerUnit).rounded(.down))))
  }
}
