import BraidCore
import BraidTestSupport
import Testing

@testable import BraidPipeline

/// How much is in a frame, as the scheduler compares it.
@Suite("Content of frames")
struct ContentTests {
  @Test(
    "What is usual counts 1, whatever the measure's scale; what is four times that and more counts 4, noise nothing")
  func relative() {
    for scale: Float in [0.02, 0.1, 1, 1000] {
      var content = RelativeContent(floor: 0.002)
      for _ in 0..<50 { #expect(content.next(scale) == 1) }
      #expect(content.next(scale * 20) == 4 && content.next(0) == 0.25)
      #expect((0..<4).allSatisfy { _ in content.next(scale * 2.2) == 2 })
    }
    var still = RelativeContent(floor: 0.002)
    var generator = SeededGenerator.printed()
    for _ in 0..<500 { #expect(still.next(.random(in: 0...0.0005, using: &generator)) == 1) }
    #expect(still.next(.nan) == 1 && still.next(-.infinity) == 1 && still.next(1) == 4)
  }

  @Test("A spell of motion becomes what is usual, and so does the rest after it")
  func drift() {
    var content = RelativeContent(floor: 0.002)
    for _ in 0..<300 { _ = content.next(0) }
    let spell = (0..<1000).map { _ in content.next(0.1) }
    #expect(spell.first == 4 && spell.last == 1 && zip(spell, spell.dropFirst()).allSatisfy { $0 >= $1 })
    let rest = (0..<3000).map { _ in content.next(0) }
    #expect(rest.first == 0.25 && rest.last == 1)
  }

  @Test("The level of a range of samples is that of its whole stretches of 10 ms, however the sound was cut")
  func energy() {
    var generator = SeededGenerator.printed()
    for _ in 0..<30 {
      let samples = (0..<4000).map { _ in Float.random(in: -1...1, using: &generator) }
      var history = EnergyHistory(sampleRate: 16_000)
      history.grow(toSamples: 2000)
      var position = 0
      while position < samples.count {
        let count = min(Int.random(in: 1...700, using: &generator), samples.count - position)
        history.append(samples.span.extracting(position..<position + count))
        position += count
      }
      let end = Int.random(in: 2600...4000, using: &generator)
      let start = end - Int.random(in: 320...600, using: &generator)
      let stretches = samples[(start / 160 * 160)..<(end / 160 * 160)]
      let expected = (stretches.reduce(0) { $0 + $1 * $1 } / Float(stretches.count)).squareRoot()
      #expect(abs(history.level(of: start..<end) - expected) < 1e-4)
      #expect(history.level(of: 0..<160) == 0, "gone")
      #expect(history.level(of: -500..<0) == 0 && history.level(of: 100..<120) == 0)
      history.removeAll()
      #expect(history.level(of: start..<end) == 0)
    }
  }
}
