public import BraidCore

/// How long the next run of a model is likely to take: its mean, and an online estimate of the 99th percentile.
///
/// Of the last 128 runs, the second longest and what an exponential tail would add to it up to the percentile:
///
///     q = x2 + (x2 - median) * max(0, ln(2 / (0.01 (n + 1)))) / ln((n + 1) / 4),  at least x2 (1 + 1 / 2n)
///
/// A run more than a quarter longer than the second longest is held back. Alone, it is an outlier and joins the others
/// after three more. With a second within those three it is a *spell*, which alone counts until two runs in a row are
/// back; after 16 runs a spell is what the model is like. Two runs in a row more than a quarter shorter than the second
/// shortest end what was before at once. So one outlier moves nothing, a slow spell is believed from its second run on
/// and forgotten after two. Allocates: no.
public struct RunTimeQuantile: Sendable {
  private static let memory = 128
  private static let spellMemory = 16

  /// The runs in the order they came, and by length.
  private var times: InlineArray<128, Int64> = .init(repeating: 0)
  private var sorted: InlineArray<128, Int64> = .init(repeating: 0)
  private var count = 0
  private var next = 0
  private var sum: Int64 = 0

  private var spell: InlineArray<16, Int64> = .init(repeating: 0)
  private var spellCount = 0
  /// Runs since the last one above the others; in a spell, runs in a row that are back.
  private var calm = 0
  private var heldBack: Int64?
  /// The last run if it was far below the others.
  private var lastBelow: Int64?

  /// An estimator that has seen nothing.
  public init() {}

  /// Whether no run has been seen.
  public var isEmpty: Bool { count == 0 && spellCount == 0 }

  /// Whether what counts now is a slow spell.
  public var isInSpell: Bool { spellCount > 0 }

  /// Takes the time of a run. Negative times count as zero.
  public mutating func record(_ duration: MediaDuration) {
    let time = min(max(0, duration.nanoseconds), 1 << 50)
    guard count >= 4 else { return insert(time) }
    if time > quarterMore(sorted[count - 2]) {
      lastBelow = nil
      recordAbove(time)
    } else {
      recordUsual(time)
    }
  }

  /// The 99th percentile; nil before the first run.
  public var estimate: MediaDuration? {
    if spellCount > 0 {
      var longest: Int64 = 0
      for place in 0..<spellCount { longest = max(longest, spell[place]) }
      return MediaDuration(nanoseconds: longest + longest / Int64(2 * spellCount))
    }
    guard count > 0 else { return nil }
    guard count >= 4 else {
      let longest = sorted[count - 1]
      return MediaDuration(nanoseconds: longest + longest / Int64(2 * count))
    }
    let second = sorted[count - 2]
    let runs = Double(count + 1)
    let spread = Double(second - sorted[count / 2])
    let beyond = spread * max(0, Self.logarithm(200 / runs)) / max(0.5, Self.logarithm(runs / 4))
    return MediaDuration(nanoseconds: second + max(second / Int64(2 * count), Int64(beyond)))
  }

  /// How likely a run is to take longer than `limit`, by the runs that count; 1 where nothing is known.
  public func probability(above limit: MediaDuration) -> Double {
    if spellCount > 0 || count == 0 {
      return estimate.map { $0 <= limit ? 0.01 : 1 } ?? 1
    }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] > limit.nanoseconds { high = middle } else { low = middle + 1 }
    }
    return (Double(count - low) + 0.5) / Double(count + 1)
  }

  /// The mean of the runs that count; nil before the first.
  public var mean: MediaDuration? {
    if spellCount > 0 {
      var sum: Int64 = 0
      for place in 0..<spellCount { sum += spell[place] }
      return MediaDuration(nanoseconds: sum / Int64(spellCount))
    }
    return count > 0 ? MediaDuration(nanoseconds: sum / Int64(count)) : nil
  }

  private mutating func recordAbove(_ time: Int64) {
    if spellCount > 0 {
      calm = 0
      spell[spellCount] = time
      spellCount += 1
      if spellCount == Self.spellMemory { settle() }
    } else if let first = heldBack {
      (spell[0], spell[1]) = (first, time)
      (spellCount, calm, heldBack) = (2, 0, nil)
    } else {
      (heldBack, calm) = (time, 0)
    }
  }

  private mutating func recordUsual(_ time: Int64) {
    calm += 1
    if spellCount > 0 {
      if calm >= 2 { spellCount = 0 }
    } else if let outlier = heldBack, calm >= 3 {
      insert(outlier)
      heldBack = nil
    }
    // Ones that are far shorter twice in a row: what was before is over.
    if quarterMore(time) < sorted[1] {
      if let before = lastBelow {
        clear()
        insert(before)
        insert(time)
      } else {
        lastBelow = time
      }
      return
    }
    if let before = lastBelow { insert(before) }
    lastBelow = nil
    insert(time)
  }

  /// Takes the spell for what the model is like.
  private mutating func settle() {
    clear()
    for place in 0..<spellCount { insert(spell[place]) }
    spellCount = 0
  }

  private mutating func clear() {
    (count, next, sum) = (0, 0, 0)
    (heldBack, lastBelow) = (nil, nil)
  }

  private mutating func insert(_ time: Int64) {
    if count == Self.memory {
      let oldest = times[next]
      sum -= oldest
      var place = 0
      while place < count - 1, sorted[place] != oldest { place += 1 }
      while place < count - 1 {
        sorted[place] = sorted[place + 1]
        place += 1
      }
      count -= 1
    }
    var place = count
    while place > 0, sorted[place - 1] > time {
      sorted[place] = sorted[place - 1]
      place -= 1
    }
    sorted[place] = time
    times[next] = time
    next = (next + 1) % Self.memory
    count += 1
    sum += time
  }

  private func quarterMore(_ time: Int64) -> Int64 { time + time / 4 }

  /// ln(x) for x > 0, to 0.01.
  private static func logarithm(_ value: Double) -> Double {
    // x = m 2^e with m in 1..<2; ln m by the first terms of 2 artanh((m - 1) / (m + 1)).
    let ratio = (value.significand - 1) / (value.significand + 1)
    return 0.693147 * Double(value.exponent) + 2 * ratio * (1 + ratio * ratio / 3)
  }
}
