import BraidFeatures
import Testing

@Suite("MFCC of whole windows of a second")
struct CommandWindowTests {
  @Test("the loudness of a window makes no difference, and silence is finite")
  func loudness() throws {
    let signal = try Golden.floats("signal")
    let whole = rows(try CommandWindows(hopSamples: 320), signal)
    let soft = rows(try CommandWindows(hopSamples: 320), signal.map { $0 * 0.03 })
    #expect(whole.count == 5)
    // Float's rounding of what is scaled.
    #expect(zip(whole.joined(), soft.joined()).allSatisfy { abs($0 - $1) < 2e-3 })
    let silence = rows(try CommandWindows(), Array(repeating: 0, count: 16_000))
    // ln(1e-6) in each of 40 bands: sqrt(2 / 40) * 40 times that, and nothing else.
    #expect(silence.count == 1)
    for (place, value) in silence[0].enumerated() {
      #expect(abs(value - (place % 10 == 0 ? 40 * Float(0.05).squareRoot() * -13.815511 : 0)) < 1e-3)
    }
  }

  @Test("the largest sample is that of each window alone")
  func windows() throws {
    let signal = try Golden.floats("signal")
    // A click far louder than all else, which only the last windows hold.
    var loud = signal
    loud[17_000] = 5
    let (before, after) = (
      rows(try CommandWindows(hopSamples: 320), signal), rows(try CommandWindows(hopSamples: 320), loud)
    )
    #expect(Array(before[..<4]) == Array(after[..<4]))
    #expect(before[4] != after[4])
  }
}
