public import BraidCore
import Glibc

/// Where something is struck, told from the sound alone, without a model.
///
/// The samples are differentiated (`y[n] = x[n] - x[n - 1]`, 6 dB an octave in favour of high frequencies) and their mean
/// square is taken over 2.5 ms. A hit rises within 10 ms to 11 dB above all of the 60 ms before, and stands alone: it is
/// 14 dB above the mean of the 150 ms before and above the mean from 80 to 200 ms after; in the whole band above 50 Hz it is
/// 9 dB above both means; of what it adds in the 100 ms from the rise on, 80 % lies in the first 40 ms; and it is at most
/// 27 dB below the loudest of the last seconds. A syllable goes on, a tone or a noise that begins does not end. A drum
/// is struck too: beats are hits where nothing else sounds as loud. The time is that of the first sample of the rise within
/// 14 dB of its largest. A hit is known 0.2 s after it; of two that are closer than that, one at most is told. For 16 kHz and
/// one channel. Depends on the samples alone, however they are cut. One thread at a time; allocates: no, after `init`.
public struct SoundHitDetector: Sendable {
  /// The rate of the samples it takes.
  public static let sampleRate = 16_000

  private struct Candidate {
    var hop: Int
    var before: Float
    var surroundings: Float
    var loudest: Float
    var peak: Float
    var levelPeak: Float
    var levelBefore: Float
    var onset: Int
  }

  private static let hop = 40
  /// Hops kept; more than a hit and its surroundings take.
  private static let memory = 128
  /// Differentiated samples kept.
  private static let traceLength = 256
  /// A hop below this is silence: about -70 dB of full scale.
  private static let silence: Float = 1e-7

  private var origin: MediaTime
  private var energies = [Float](repeating: 0, count: memory)
  private var levels = [Float](repeating: 0, count: memory)
  private var trace = [Float](repeating: 0, count: traceLength)
  private var sampleCount = 0
  private var hopCount = 0
  private var last: Float = 0
  private var full: Float = 0
  private var sum: Float = 0
  private var fullSum: Float = 0
  private var loudest: Float = 0
  private var candidate: Candidate?

  /// A detector for samples of which the first is at `time`.
  public init(time: MediaTime = .zero) {
    origin = time
  }

  /// Takes the next samples and hands out what they make certain.
  ///
  /// - Parameters:
  ///   - samples: one channel at 16 kHz, full scale at ±1; those that are not finite count as 0.
  ///   - hit: called for every hit, in order of time.
  public mutating func push(_ samples: Span<Float>, hit: (DetectedHit) -> Void) {
    for index in samples.indices {
      let sample = samples[index].isFinite ? max(-4, min(4, samples[index])) : 0
      let difference = sampleCount == 0 ? 0 : sample - last
      last = sample
      let power = difference * difference
      trace[sampleCount % Self.traceLength] = power
      full = difference + 0.98 * full
      sum += power
      fullSum += full * full
      sampleCount += 1
      if sampleCount % Self.hop == 0 {
        levels[hopCount % Self.memory] = fullSum / Float(Self.hop)
        if let found = take(sum / Float(Self.hop)) { hit(found) }
        sum = 0
        fullSum = 0
      }
    }
  }

  /// At the end or at a gap: a hit that nothing further can speak against.
  public mutating func finish() -> DetectedHit? {
    guard let open = candidate, hopCount - open.hop > 16 else { return nil }
    return judge(open)
  }

  /// Forgets everything; the next sample is at `time`.
  public mutating func reset(time: MediaTime) {
    for index in energies.indices {
      energies[index] = 0
      levels[index] = 0
    }
    origin = time
    sampleCount = 0
    hopCount = 0
    last = 0
    full = 0
    sum = 0
    fullSum = 0
    loudest = 0
    candidate = nil
  }

  private mutating func take(_ energy: Float) -> DetectedHit? {
    let hop = hopCount
    energies[hop % Self.memory] = energy
    hopCount += 1
    defer { loudest = max(energy, loudest * 0.9986) }
    // A rise that began within the last four hops is still the same.
    if hop >= 8, hop - (candidate?.hop ?? 0) > 4 {
      let before = max(Self.silence, largest(max(0, hop - 24)..<hop))
      if energy > 4 * before, energy > 4 * (candidate?.peak ?? 0) {
        candidate = Candidate(
          hop: hop, before: before, surroundings: mean(energies, max(0, hop - 60)..<(hop - 1)), loudest: loudest,
          peak: energy,
          levelPeak: 0, levelBefore: mean(levels, max(0, hop - 60)..<(hop - 1)),
          onset: sampleCount - Self.hop)
      }
    }
    guard var open = candidate else { return nil }
    if hop - open.hop <= 4 {
      open.peak = max(open.peak, energy)
      open.levelPeak = max(open.levelPeak, levels[hop % Self.memory])
      if hop - open.hop == 2 { open.onset = onset() }
      candidate = open
    }
    return hop - open.hop == 80 ? judge(open) : nil
  }

  /// The first sample of the last five hops that is within 14 dB of the largest.
  private func onset() -> Int {
    let range = max(0, sampleCount - 5 * Self.hop)..<sampleCount
    var largest: Float = 0
    for sample in range { largest = max(largest, trace[sample % Self.traceLength]) }
    return range.first { trace[$0 % Self.traceLength] >= 0.04 * largest } ?? range.lowerBound
  }

  /// Whether what followed leaves the candidate a hit.
  private mutating func judge(_ open: Candidate) -> DetectedHit? {
    candidate = nil
    // What the hit adds to what was there before.
    let early = max(0, mean(energies, (open.hop - 1)..<min(hopCount, open.hop + 16)) - open.surroundings) * 17
    let late = max(0, mean(energies, (open.hop + 16)..<min(hopCount, open.hop + 40)) - open.surroundings) * 24
    // At an end there may be nothing so late.
    let rest = min(hopCount, open.hop + 32)..<hopCount
    let after = mean(energies, rest)
    let levelAfter = mean(levels, rest)
    guard
      open.peak > 12.5 * open.before,
      open.peak > 25 * open.surroundings,
      open.peak > 25 * after,
      open.levelPeak > 8 * max(open.levelBefore, levelAfter),
      early > 0.8 * (early + late),
      open.peak > 0.002 * open.loudest
    else { return nil }
    let clearance = 10 * log10f(open.peak / open.before)
    return DetectedHit(
      time: origin + .samples(Int64(open.onset), sampleRate: Self.sampleRate),
      score: max(0, min(1, clearance / 40)))
  }

  private func largest(_ hops: Range<Int>) -> Float {
    var largest: Float = 0
    for hop in hops { largest = max(largest, energies[hop % Self.memory]) }
    return largest
  }

  /// The mean over the hops; 0 over none.
  private func mean(_ values: [Float], _ hops: some RandomAccessCollection<Int>) -> Float {
    guard !hops.isEmpty else { return 0 }
    var sum: Float = 0
    for hop in hops { sum += values[hop % Self.memory] }
    return sum / Float(hops.count)
  }
}
