import BraidCore
import BraidFeatures
import BraidTestSupport
import Foundation

/// A clip made for a test: things happen in the picture at random times, and sound later by an offset.
struct SoundAndPictureClip {
  enum Kind: String, CaseIterable {
    /// A ball that flies between two walls and sounds when it strikes one.
    case ball
    /// The picture is white for a tenth of a second.
    case flash
    /// The same for one picture, on an even ground.
    case blink
    /// A square appears on a still ground for a tenth of a second.
    case square
  }

  static let width = 160
  static let height = 90

  var samples: [Float] = []
  var times: [MediaTime] = []
  var pictures: [[UInt8]] = []

  /// A clip whose sound is `offset` seconds late, or has events of its own where it is `unrelated`. Pictures come irregularly
  /// by `jitter`, a share of their distance.
  init(
    _ kind: Kind, framesPerSecond: Double, offset: Double, seconds: Double = 12, noise: Int = 2, jitter: Double = 0,
    unrelated: Bool = false, using generator: inout SeededGenerator
  ) {
    let count = Int(seconds * framesPerSecond)
    let stamps = (0..<count).map { index in
      max(0, (Double(index) + Double.random(in: -jitter...jitter, using: &generator)) / framesPerSecond)
    }
    func instants() -> [Double] {
      var instants: [Double] = []
      var time = 0.5
      while time < seconds - 0.3 {
        instants.append(time)
        time += Double.random(in: 0.4...1.2, using: &generator)
      }
      return instants
    }
    var seen = instants()
    // What appears, appears with a picture.
    if kind != .ball { seen = seen.compactMap { time in stamps.first { $0 >= time } } }
    // Four noisy versions of each ground: noise that every picture draws anew would take most of the test's time.
    let coarse = (0..<(24 * 14)).map { _ in Double.random(in: 30...150, using: &generator) }
    let ground = (0..<(Self.width * Self.height)).map { kind == .blink ? 40 : Self.smooth(coarse, $0) }
    func noisy(_ values: [Double]) -> [[UInt8]] {
      (0..<4).map { _ in values.map { UInt8(clamping: Int($0) + Int.random(in: -noise...noise, using: &generator)) } }
    }
    let dark = noisy(ground)
    let light = noisy(ground.map { _ in 250 })
    for (index, time) in stamps.enumerated() {
      times.append(MediaTime(nanoseconds: Int64(time * 1e9)))
      let next = stamps.indices.contains(index + 1) ? stamps[index + 1] : time + 1 / framesPerSecond
      let last = seen.lastIndex { $0 <= time }
      let since = last.map { time - seen[$0] } ?? .infinity
      let isLit = kind == .flash && since < 0.1 || kind == .blink && since < 0.6 * (next - time)
      var picture = (isLit ? light : dark)[Int.random(in: 0..<4, using: &generator)]
      if kind == .square, since < 0.1 {
        for row in 20..<50 { for column in 50..<90 { picture[row * Self.width + column] = 230 } }
      }
      if kind == .ball { Self.draw(ballAt: Self.place(of: time, last, seen), into: &picture) }
      pictures.append(picture)
    }
    let heard = unrelated ? instants() : seen
    samples = (0..<Int((seconds + 0.5) * 16_000)).map { _ in Float.random(in: -0.01...0.01, using: &generator) }
    for time in heard {
      let start = Int((time + offset) * 16_000)
      for index in max(0, -start)..<2400 where start + index < samples.count {
        let decay = exp(-Double(index) / 480)
        let tone = sin(2 * .pi * 900 * Double(index) / 16_000)
        samples[start + index] += Float(decay * 0.4 * (tone + Double.random(in: -1...1, using: &generator)))
      }
    }
  }

  /// A value between those of a coarse grid with 7 pixels from point to point.
  private static func smooth(_ coarse: [Double], _ pixel: Int) -> Double {
    let (column, row) = (Double(pixel % width) / 7, Double(pixel / width) / 7)
    let corner = Int(row) * 24 + Int(column)
    let (dx, dy) = (column - column.rounded(.down), row - row.rounded(.down))
    let upper = coarse[corner] * (1 - dx) + coarse[corner + 1] * dx
    return upper * (1 - dy) + (coarse[corner + 24] * (1 - dx) + coarse[corner + 25] * dx) * dy
  }

  /// Where the ball is: it flies evenly between two walls, from each event to the next.
  private static func place(of time: Double, _ last: Int?, _ instants: [Double]) -> Double {
    let from = last.map { instants[$0] } ?? (instants[0] - 0.7)
    let next = (last ?? -1) + 1
    let share = min(1, (time - from) / ((next < instants.count ? instants[next] : from + 0.8) - from))
    return next % 2 == 1 ? 70 - 50 * share : 20 + 50 * share
  }

  private static func draw(ballAt y: Double, into picture: inout [UInt8]) {
    for row in max(0, Int(y) - 10)..<min(height, Int(y) + 11) {
      for column in 70..<91 {
        let distance = (Double((column - 80) * (column - 80)) + (Double(row) - y) * (Double(row) - y)).squareRoot()
        let cover = min(1, max(0, 8.5 - distance))
        let index = row * width + column
        picture[index] = UInt8(Double(picture[index]) * (1 - cover) + 230 * cover)
      }
    }
  }

  /// Feeds everything by turns, in order of time, in pieces of these lengths of sound.
  func feed(
    _ feature: any SoundAndPictureFeature, shift: MediaDuration = .zero, partsPerMillion: Int64 = 0,
    pieces: [Int] = [640], row: (Span<Float>, MediaTime) -> Void
  ) {
    func moved(_ time: MediaTime) -> MediaTime {
      time + shift + MediaDuration(nanoseconds: time.nanoseconds / 1_000_000 * partsPerMillion)
    }
    let format = PictureFormat(width: Self.width, height: Self.height)
    let gray = [UInt8](repeating: 128, count: 2 * Self.width * Self.height)
    var taken = 0
    var piece = 0
    for (time, picture) in zip(times, pictures) {
      while taken < samples.count, Double(taken) / 16_000 <= time.seconds {
        let count = min(samples.count - taken, pieces[piece % pieces.count])
        feature.push(
          samples.span.extracting(taken..<(taken + count)),
          time: moved(.zero + .samples(Int64(taken), sampleRate: 16_000)), row: row)
        taken += count
        piece += 1
      }
      feature.push((picture + gray).span, format: format, time: moved(time), row: row)
    }
    feature.push(
      samples.span.extracting(taken..<samples.count),
      time: moved(.zero + .samples(Int64(taken), sampleRate: 16_000)), row: row)
  }
}
