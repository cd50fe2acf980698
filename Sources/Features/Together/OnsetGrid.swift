internal import BraidCore
import Glibc

/// The strength of onsets in one stream over time, on a grid of 5 ms that all streams share, made comparable: what counts
/// is how much stronger than usual an onset is.
///
/// A point `v` at a time becomes `ln(1 + max(0, v / m - 1))` with the mean `m` of the points of the last seconds (weights
/// fall by e in 3 s), points in between follow the straight line, and the mean of the last 2 s is taken off, so that what
/// has nothing in common correlates to nothing. Where nothing is known there are zeros. Keeps the newest values only.
/// Allocates: no, after `init`.
struct OnsetGrid {
  /// From one point of the grid to the next, in nanoseconds.
  static let step: Int64 = 5_000_000
  /// Values kept; a power of two.
  static let capacity = 4096
  /// What is further apart than this, in steps, is not joined.
  private static let longestJoin: Int64 = 60

  /// The first index that is known, and the one after the last.
  private(set) var begin: Int64?
  private(set) var end: Int64?
  // Every value is there twice, `capacity` apart, so that any stretch lies in one piece.
  private var values = [Float](repeating: 0, count: 2 * capacity)
  /// The last point: its place on the grid, and its value.
  private var last: (place: Double, value: Double)?
  private var usual = 0.0
  private var usualWeight = 0.0
  private var mean = 0.0
  private var meanWeight = 0.0

  /// The value at an index of the grid that is kept.
  subscript(index: Int64) -> Float { values[Self.slot(index)] }

  /// Calls `body` with `count` values from an index on, all of which are kept.
  func withValues(from index: Int64, count: Int, _ body: (Span<Float>) -> Void) {
    let slot = Self.slot(index)
    body(values.span.extracting(slot..<(slot + count)))
  }

  /// How far a time lies before what is known, in steps; negative behind it.
  func steps(before time: MediaTime) -> Int64 { (end ?? .min / 2) - time.nanoseconds / Self.step }

  /// Takes the next point.
  mutating func add(_ strength: Float, at time: MediaTime) {
    let place = Double(time.nanoseconds) / Double(Self.step)
    guard place >= 0, place < 1e12 else { return }
    let isJoined = last.map { place > $0.place && place - $0.place < Double(Self.longestJoin) } ?? false
    let seconds = isJoined ? (place - (last?.place ?? place)) * Double(Self.step) / 1e9 : 0
    let decay = exp(-seconds / 3)
    usual = usual * decay + Double(strength)
    usualWeight = usualWeight * decay + 1
    let typical = usual / usualWeight
    let value = typical > 0 ? log1p(max(0, Double(strength) / typical - 1)) : 0
    defer { last = (place, value) }
    guard isJoined, let last else {
      // The first point, or one after a pause: the grid is known from here on.
      fill(to: Int64(place.rounded(.up)))
      return
    }
    var index = end ?? Int64(last.place.rounded(.up))
    while Double(index) <= place {
      let share = (Double(index) - last.place) / (place - last.place)
      append(last.value + (value - last.value) * share)
      index += 1
    }
  }

  /// What follows is not joined with what was.
  mutating func breakOff() { last = nil }

  /// Says that there is nothing up to an index that is not known yet.
  mutating func fill(to index: Int64) {
    guard let end else {
      begin = index
      self.end = index
      return
    }
    guard index > end else { return }
    // Of a long pause only the end can still be asked for.
    for missing in max(end, index - Int64(Self.capacity))..<index { set(0, at: missing) }
    self.end = index
  }

  private mutating func append(_ value: Double) {
    let decay = 0.9975031223974601  // exp(-5 ms / 2 s)
    mean = mean * decay + value
    meanWeight = meanWeight * decay + 1
    let index = end ?? 0
    set(Float(value - mean / meanWeight), at: index)
    end = index + 1
  }

  private mutating func set(_ value: Float, at index: Int64) {
    let slot = Self.slot(index)
    values[slot] = value
    values[slot + Self.capacity] = value
  }

  /// Indices before 0 have places too.
  private static func slot(_ index: Int64) -> Int { Int(index & Int64(capacity - 1)) }
}

/// Keeps of a strength over time what exceeds all of the last 0.2 s: an onset hides its echo, the end of a short tone, and
/// a light's going out.
///
/// Allocates: no, after `init`.
struct Precedence {
  private static let capacity = 128
  private static let hold = MediaDuration.milliseconds(200)

  /// How many points right before a point do not count, as they may be part of the same onset.
  private let spared: Int
  private var times = [MediaTime](repeating: .zero, count: capacity)
  private var strengths = [Float](repeating: 0, count: capacity)
  private var count = 0

  init(sparing spared: Int) { self.spared = spared }

  mutating func remaining(_ strength: Float, at time: MediaTime) -> Float {
    var largest: Float = 0
    var age = spared + 1
    while age <= min(count, Self.capacity) {
      let slot = (count - age) % Self.capacity
      if time - times[slot] > Self.hold { break }
      largest = max(largest, strengths[slot])
      age += 1
    }
    times[count % Self.capacity] = time
    strengths[count % Self.capacity] = strength
    count += 1
    return max(0, strength - largest)
  }

  mutating func reset() { count = 0 }
}
