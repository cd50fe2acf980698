import BraidTestSupport
import Foundation
import Testing

@testable import BraidFeatures

@Suite("TensorFlow's microphone front end")
struct MicroFrontEndTests {
  @Test("Nearly every value is that of TensorFlow Lite Micro's own code to the last digit")
  func exact() throws {
    let values = rows(try MicroFrontEnd(hopSamples: 160, evensOut: true), try Golden.floats("signal")).flatMap { $0 }
    let golden = try Golden.floats("micro")
    try #require(values.count == golden.count)
    let equal = zip(values, golden).count { abs($0 - $1) < 1e-3 }
    print("micro: \(equal) of \(golden.count) equal")
    #expect(Double(equal) > 0.975 * Double(golden.count))
  }

  @Test("The transform is Fourier's within its rounding, for any samples of 16 bits")
  func transform() {
    var generator = SeededGenerator.printed()
    var transform = FixedPointTransform(passes: 3)
    for _ in 0..<20 {
      let samples = (0..<transform.length).map { _ in Int.random(in: -32768...32767, using: &generator) }
      transform.run(samples)
      for bin in 0...transform.length / 2 {
        var (x, y) = (0.0, 0.0)
        for (place, sample) in samples.enumerated() {
          let phase = -2 * Double.pi * Double(bin * place) / Double(transform.length)
          (x, y) = (x + Double(sample) * cos(phase), y + Double(sample) * sin(phase))
        }
        let count = Double(transform.length)
        #expect(
          abs(Double(transform.real[bin]) - x / count) < 5 && abs(Double(transform.imaginary[bin]) - y / count) < 5)
      }
    }
  }

  @Test("Silence is 0, and steady noise is taken off in time")
  func noiseTakenOff() throws {
    #expect(rows(try MicroFrontEnd(), Array(repeating: 0, count: 4800)).allSatisfy { $0.allSatisfy { $0 == 0 } })
    var generator = SeededGenerator.printed()
    let hiss = noise(96_000, using: &generator).map { $0 * 0.1 }
    let found = rows(try MicroFrontEnd(), hiss)
    let level = { (rows: ArraySlice<[Float]>) in rows.joined().reduce(0, +) / Float(rows.count * 40) }
    #expect(level(found.suffix(50)) < level(found.prefix(10)) - 1)
  }
}
