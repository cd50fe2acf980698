import BraidCore
import BraidFeatures
import BraidTestSupport
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// From rows of spectra to sound, and other decoders that give numbers.
@Suite("Decoders of sound and numbers")
struct AudioDecoderTests {
  @Test("The root of Hann's window is that, and it and itself add up to 1 at half its length")
  func window() {
    let root = WindowFunction.hannRoot.weights(512)
    let hann = WindowFunction.hann.weights(512)
    for index in 0..<512 {
      let square = root[index] * root[index]
      #expect(root[index] >= 0 && abs(square - hann[index]) < 1e-6)
      let other = root[(index + 256) % 512]
      #expect(abs(square + other * other - 1) < 1e-6)
    }
  }

  @Test("Rows of a sound's spectrum become the sound again, each hop where its row begins; a new run begins anew")
  func sound() throws {
    var generator = SeededGenerator.printed()
    let settings = ModelDescription.Audio(
      output: "enh", sampleRate: 16_000, form: .spectrum(fftLength: 512, hop: 256, window: "sqrt-hann"))
    let decoder = try AudioDecoder(
      settings,
      outputs: ModelOutputs(
        id: "test@1.0.0", outputs: [ModelOutputs.Output(name: "enh", shape: [1, 257, 1, 2])], picture: nil))
    for _ in 0..<2 {
      let samples = (0..<256 * 20).map { _ in Float.random(in: -1...1, using: &generator) }
      let spectrum = try STFT(
        sampleRate: 16_000, windowSamples: 512, hopSamples: 256, fftLength: 512, function: .hannRoot, padding: .zeros)
      var rows: [[Float]] = []
      spectrum.push(samples.span) { row, _ in rows.append((0..<row.count).map { row[$0] }) }
      var heard: [Float] = []
      for (place, row) in rows.enumerated() {
        guard case .audio(16_000, let part) = decoder.decode([row]) else { return #expect(Bool(false)) }
        // Row r is about sample 256 r, and so begins 256 before it.
        #expect(part.count == (place == 0 ? 0 : 256))
        heard += part
      }
      #expect(heard.count >= 256 * 18)
      #expect(zip(heard, samples).allSatisfy { abs($0 - $1) < 1e-5 })
      decoder.reset()
    }
  }

  @Test("Numbers have their names, scale and offset; an embedding has length 1 where that is asked for")
  func numbers() throws {
    let outputs = ModelOutputs(
      id: "test@1.0.0", outputs: [ModelOutputs.Output(name: "y", shape: [1, 2])], picture: nil)
    let regression = try RegressionDecoder(
      ModelDescription.Regression(
        output: "y", values: [.init("yaw", unit: "deg", scale: 90, offset: 1), .init("age")]), outputs: outputs)
    guard case .values(let values) = regression.decode([[0.5, 30]]) else { return #expect(Bool(false)) }
    #expect(values == [.init(name: "yaw", value: 46, unit: "deg"), .init(name: "age", value: 30)])
    let embedding = try EmbeddingDecoder(
      ModelDescription.Embedding(output: "y", isNormalised: true), outputs: outputs)
    guard case .embedding(let vector) = embedding.decode([[3e30, -4e30]]) else { return #expect(Bool(false)) }
    #expect(zip(vector, [0.6, -0.8]).allSatisfy { abs($0 - $1) < 1e-6 })
    guard case .embedding(let none) = embedding.decode([[0, 0]]) else { return #expect(Bool(false)) }
    #expect(none == [0, 0])
    #expect(throws: PipelineError.self) {
      try RegressionDecoder(ModelDescription.Regression(output: "y", values: [.init("yaw")]), outputs: outputs)
    }
  }
}
