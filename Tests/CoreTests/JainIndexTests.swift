import BraidCore
import Testing

@Suite("Fairness and spelling")
struct JainIndexTests {
  @Test("Jain's index is 1 for equal shares and 1/n where one has everything")
  func index() {
    #expect(JainIndex.of([0.4, 0.4, 0.4]) == 1)
    #expect(JainIndex.of([1, 0, 0, 0]) == 0.25)
    // (1 + 2 + 3)² / (3 · 14), from the report's definition.
    #expect(abs((JainIndex.of([1, 2, 3]) ?? 0) - 36.0 / 42) < 1e-12)
    #expect(JainIndex.of([1]) == nil && JainIndex.of([]) == nil && JainIndex.of([0, 0]) == nil)
  }

  @Test("a name that is nearly one there is is guessed, another is not")
  func spelling() {
    let names = ["weight", "min-rate", "priority", "budget"]
    #expect(Spelling.guess("wieght", among: names) == "weight")
    #expect(Spelling.guess("MIN_RATE", among: names) == "min-rate")
    #expect(Spelling.guess("frequency", among: names) == nil)
    #expect(Spelling.guess("", among: names) == nil && Spelling.guess("weight", among: []) == nil)
  }
}
