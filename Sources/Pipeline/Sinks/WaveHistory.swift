internal import BraidCore

/// The lowest and the highest sample of each hundredth of a second of sound.
struct WaveHistory {
  private struct Part {
    /// Hundredths of a second of media time.
    var place: Int64
    var low: Float
    var high: Float
  }

  private var parts: [Part] = []
  /// Hundredths of a second that are shown.
  private static let shown: Int64 = 100

  /// Takes a block: its first channel.
  mutating func take(_ block: AudioBlock) {
    block.withSamples { samples in
      for frame in 0..<block.frameCount {
        let time = block.time + .samples(Int64(frame), sampleRate: block.sampleRate)
        let place = max(0, time.nanoseconds) / 10_000_000
        let value = samples[frame * block.channelCount]
        if let last = parts.last, last.place >= place {
          parts[parts.count - 1].low = min(last.low, value)
          parts[parts.count - 1].high = max(last.high, value)
        } else {
          parts.append(Part(place: place, low: value, high: value))
        }
      }
    }
  }

  /// The last second before a time; silence where there is none.
  func before(_ time: MediaTime) -> [(low: Float, high: Float)] {
    let end = max(0, time.nanoseconds) / 10_000_000
    var wave = [(low: Float, high: Float)](repeating: (0, 0), count: Int(Self.shown))
    for part in parts where part.place < end && part.place >= end - Self.shown {
      wave[Int(part.place - end + Self.shown)] = (part.low, part.high)
    }
    return wave
  }

  /// Lets go what is not shown at `time` any more.
  mutating func forget(before time: MediaTime) {
    let end = max(0, time.nanoseconds) / 10_000_000 - Self.shown
    let count = parts.firstIndex { $0.place >= end } ?? parts.count
    // Now and then, as it moves all that follows.
    if count > 200 { parts.removeFirst(count) }
  }
}
