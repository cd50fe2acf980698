import BraidCore
import BraidFeatures
import BraidInference
import BraidTestSupport
import Testing

@testable import BraidPipeline

/// What stands between frames and tensors.
@Suite("Stages")
struct StageTests {
  @Test("Rows are found by their number as long as they are there, zeros before the first and after they have gone")
  func history() {
    var rows = RowHistory(width: 2, capacity: 4)
    rows.grow(to: 5)
    for row in 0..<7 { rows.append(([Float(row), Float(row) + 0.5] as [Float]).span) }
    #expect(rows.end == 7 && rows.capacity == 5)
    #expect(rows.contains(2..<7) && !rows.contains(1..<7) && !rows.contains(6..<8))
    var output = [Float](repeating: 9, count: 8)
    rows.copy(4..<7, into: &output)
    #expect(output == [4, 4.5, 5, 5.5, 6, 6.5, 9, 9])
    rows.copy(0..<4, into: &output)
    #expect(output == [0, 0, 0, 0, 2, 2.5, 3, 3.5])
    rows.removeAll()
    rows.append(([1, 2] as [Float]).span)
    #expect(rows.contains(-2..<1))
    rows.copy(-2..<1, into: &output)
    #expect(Array(output.prefix(6)) == [0, 0, 0, 0, 1, 2])
  }

  @Test(
    "A tensor of pictures equals a plain loop, in every order",
    arguments: ModelDescription.Picture.Colour.allCases, ModelDescription.Picture.Layout.allCases)
  func tensor(colour: ModelDescription.Picture.Colour, layout: ModelDescription.Picture.Layout) {
    var generator = SeededGenerator.printed()
    var picture = ModelDescription.Picture(width: 5, height: 3, colour: colour, layout: layout)
    picture.frames = 2
    (picture.low, picture.high) = (-1, 2)
    picture.mean = colour == .gray ? [0.25] : [0.1, 0.2, 0.3]
    picture.std = [0.5]
    let tensor = PictureTensor(picture)
    let channels = colour.channels
    var values = [Float](repeating: .nan, count: tensor.count)
    var frames: [[UInt8]] = []
    for frame in 0..<2 {
      frames.append((0..<15 * channels).map { _ in .random(in: 0...255, using: &generator) })
      tensor.fill(&values, pixels: frames[frame], frame: frame)
    }
    for frame in 0..<2 {
      for channel in 0..<channels {
        for pixel in 0..<15 {
          let byte = frames[frame][(colour == .bgr ? 2 - channel : channel) * 15 + pixel]
          let mean = picture.mean[channel % picture.mean.count]
          let expected = (-1 + 3 * Float(byte) / 255 - mean) / 0.5
          let plane = frame * channels + channel
          let place = layout == .nchw ? plane * 15 + pixel : pixel * channels * 2 + plane
          #expect(abs(values[place] - expected) < 1e-5)
        }
      }
    }
    let before = values
    tensor.fill(&values, pixels: [1, 2], frame: 0)
    tensor.fill(&values, pixels: frames[0], frame: 2)
    #expect(values == before)
  }

  /// Blocks of a sweep at 48 kHz in two channels, cut at these places.
  private func blocks(_ samples: [Float], sizes: () -> Int) -> [AudioBlock] {
    var blocks: [AudioBlock] = []
    var position = 0
    while position < samples.count {
      let count = min(sizes(), samples.count - position)
      let buffer = SampleBuffer(capacity: count * 2)
      unsafe buffer.withUnsafeMutableSamples(count * 2) { target in
        for index in 0..<count {
          unsafe target[index * 2] = samples[position + index]
          unsafe target[index * 2 + 1] = samples[position + index] * 0.5
        }
      }
      blocks.append(
        AudioBlock(
          time: .zero + .samples(Int64(position), sampleRate: 48_000), captured: nil, epoch: 0, sampleRate: 48_000,
          channelCount: 2, frameCount: count, decodedFrames: 1, samples: buffer))
      position += count
    }
    return blocks
  }

  private func rows(_ blocks: [AudioBlock]) throws -> (rows: [Float], samples: Int) {
    let path = try SoundPath(format: SoundFormat(sampleRate: 16_000))
    let track = try path.track(FeatureSelection.parse("log-mel,bands=40", onStreams: true)[0], rows: 400)
    for block in blocks { try path.push(block) }
    try path.finish()
    let history = path.tracks[track].rows
    var output = [Float](repeating: 0, count: history.end * 40)
    history.copy(0..<history.end, into: &output)
    return (output, path.sampleCount)
  }

  @Test("Features of sound are the same bits, however it was cut")
  func streaming() throws {
    var generator = SeededGenerator.printed()
    let samples = (0..<96_000).map { index in
      let time = Float(index) / 48_000
      return 0.5 * (time * (200 + 1500 * time) * 6.2831855).truncatingRemainder(dividingBy: 6.2831855) / 3.1415927 - 0.5
    }
    let whole = try rows(blocks(samples) { samples.count })
    #expect(whole.samples == 32_000 && whole.rows.count == 198 * 40)
    for _ in 0..<4 {
      let parts = try rows(blocks(samples) { Int.random(in: 1...5000, using: &generator) })
      #expect(parts.samples == whole.samples)
      #expect(parts.rows == whole.rows)
    }
  }
}
