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

  /// - Parameters:
  ///   - offset: how much later the sound is, in seconds.
  ///   - unrelated: whether the sound has events of its own instead.
  ///   - jitter: how irregular the pictures come, as a share of their distance.
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
    let ground = (0..<(24 * 14)).map { _ in Double.random(in: 30...150, using: &generator) }
    for (index, time) in stamps.enumerated() {
      times.append(MediaTime(nanoseconds: Int64(time * 1e9)))
      let next = stamps.indices.contains(index + 1) ? stamps[index + 1] : time + 1 / framesPerSecond
      let picture = Self.picture(kind, time, next, seen, ground)
      pictures.append(picture.map { UInt8(clamping: Int($0) + Int.random(in: -noise...noise, using: &generator)) })
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

  private static func picture(
    _ kind: Kind, _ time: Double, _ next: Double, _ instants: [Double], _ ground: [Double]
  ) -> [Double] {
    let last = instants.lastIndex { $0 <= time }
    let since = last.map { time - instants[$0] } ?? .infinity
    var y = 0.0
    if kind == .ball {
      let from = last.map { instants[$0] } ?? (instants[0] - 0.7)
      let to = (last ?? -1) + 1 < instants.count ? instants[(last ?? -1) + 1] : from + 0.8
      let share = min(1, (time - from) / (to - from))
      y = (last ?? -1) % 2 == 0 ? 70 - 50 * share : 20 + 50 * share
    }
    return (0..<(width * height)).map { pixel in
      let (column, row) = (Double(pixel % width), Double(pixel / width))
      let (left, top) = (Int(column / 7), Int(row / 7))
      let (dx, dy) = (column / 7 - Double(left), row / 7 - Double(top))
      let corner = top * 24 + left
      let upper = ground[corner] * (1 - dx) + ground[corner + 1] * dx
      let lower = ground[corner + 24] * (1 - dx) + ground[corner + 25] * dx
      let base = upper * (1 - dy) + lower * dy
      switch kind {
      case .ball:
        let distance = ((column - 80) * (column - 80) + (row - y) * (row - y)).squareRoot()
        let cover = min(1, max(0, 8.5 - distance))
        return base * (1 - cover) + 230 * cover
      case .flash: return since < 0.1 ? 250 : base
      case .blink: return since < 0.6 * (next - time) ? 250 : 40
      case .square: return since < 0.1 && (50..<90).contains(column) && (20..<50).contains(row) ? 230 : base
      }
    }
  }

  /// Feeds everything by turns, in order of time, in pieces of these lengths of sound.
  func feed(
    _ feature: any SoundAndPictureFeature, shift: MediaDuration = .zero, pieces: [Int] = [640],
    row: (Span<Float>, MediaTime) -> Void
  ) {
    let format = PictureFormat(width: Self.width, height: Self.height)
    let gray = [UInt8](repeating: 128, count: 2 * Self.width * Self.height)
    var taken = 0
    var piece = 0
    for (time, picture) in zip(times, pictures) {
      while taken < samples.count, Double(taken) / 16_000 <= time.seconds {
        let count = min(samples.count - taken, pieces[piece % pieces.count])
        feature.push(
          samples.span.extracting(taken..<(taken + count)),
          time: .zero + shift + .samples(Int64(taken), sampleRate: 16_000), row: row)
        taken += count
        piece += 1
      }
      feature.push((picture + gray).span, format: format, time: time + shift, row: row)
    }
    feature.push(
      samples.span.extracting(taken..<samples.count),
      time: .zero + shift + .samples(Int64(taken), sampleRate: 16_000), row: row)
  }
}
