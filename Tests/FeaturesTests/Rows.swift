import BraidFeatures
import BraidTestSupport
import Glibc
import Testing

/// The rows that a feature gives for samples pushed at once, to the end.
func rows(_ feature: any SoundFeature, _ samples: [Float]) -> [[Float]] {
  rows(feature, samples, pieces: [samples.count])
}

/// The rows that a feature gives for samples pushed in pieces of these lengths, the last one repeated, to the end.
/// Lengths count samples of each channel.
func rows(_ feature: any SoundFeature, _ samples: [Float], pieces: [Int]) -> [[Float]] {
  var rows: [[Float]] = []
  func take(_ values: Span<Float>, _ index: Int) {
    #expect(index == rows.count)
    rows.append((0..<values.count).map { values[$0] })
  }
  var start = 0
  var piece = 0
  while start < samples.count {
    let count = min(pieces[min(piece, pieces.count - 1)] * feature.channelCount, samples.count - start)
    feature.push(samples.span.extracting(start..<(start + count)), row: take)
    start += count
    piece += 1
  }
  feature.finish(row: take)
  return rows
}

/// Lengths of pieces that add up to `total`: many small ones, some of none, a few large.
func randomPieces(_ total: Int, using generator: inout SeededGenerator) -> [Int] {
  var pieces: [Int] = []
  var sum = 0
  while sum < total {
    let largest = [1, 3, 40, 700, 9000].randomElement(using: &generator) ?? 1
    let piece = Int.random(in: 0...largest, using: &generator)
    pieces.append(piece)
    sum += piece
  }
  pieces.append(max(1, total))
  return pieces
}

/// White noise between -1 and 1.
func noise(_ count: Int, using generator: inout SeededGenerator) -> [Float] {
  (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

/// The mean of sines at these frequencies.
func sines(_ frequencies: [Double], sampleRate: Int, count: Int) -> [Float] {
  (0..<count).map { index in
    let time = Double(index) / Double(sampleRate)
    return Float(frequencies.reduce(0) { $0 + sin(2 * Double.pi * $1 * time) } / Double(frequencies.count))
  }
}
