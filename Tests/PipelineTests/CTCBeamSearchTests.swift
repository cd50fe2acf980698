import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

@Suite("CTC beam search")
struct CTCBeamSearchTests {
  /// Probabilities of `symbols` symbols at so many steps, some of them very sure.
  private static func probabilities(
    steps: Int, symbols: Int, using generator: inout SeededGenerator
  ) -> [[Double]] {
    (0..<steps).map { _ in
      let raw = (0..<symbols).map { _ in exp(Double.random(in: -3...3, using: &generator)) }
      let sum = raw.reduce(0, +)
      return raw.map { $0 / sum }
    }
  }

  /// The probability of every text, by adding up all the ways to say it: all sequences of symbols, one for each step. What
  /// follows `before` and is that again without a blank goes on with it.
  private static func texts(_ probabilities: [[Double]], blank: Int, before: Int) -> [[Int]: Double] {
    let symbols = probabilities[0].count
    var found: [[Int]: Double] = [:]
    let count = Int(pow(Double(symbols), Double(probabilities.count)))
    for number in 0..<count {
      var (rest, likely, last) = (number, 1.0, before)
      var text: [Int] = []
      for step in probabilities {
        let symbol = rest % symbols
        rest /= symbols
        likely *= step[symbol]
        if symbol != blank, symbol != last { text.append(symbol) }
        last = symbol
      }
      found[text, default: 0] += likely
    }
    return found
  }

  /// The steps at which the symbols of a text begin in the likeliest of all sequences that say it.
  private static func likeliest(_ text: [Int], _ probabilities: [[Double]], blank: Int) -> [Int] {
    let symbols = probabilities[0].count
    var best = (likely: -1.0, steps: [Int]())
    for number in 0..<Int(pow(Double(symbols), Double(probabilities.count))) {
      var (rest, likely, last) = (number, 1.0, blank)
      var (said, steps): ([Int], [Int]) = ([], [])
      for (step, values) in probabilities.enumerated() {
        let symbol = rest % symbols
        rest /= symbols
        likely *= values[symbol]
        if symbol != blank, symbol != last {
          said.append(symbol)
          steps.append(step)
        }
        last = symbol
      }
      if said == text, likely > best.likely { best = (likely, steps) }
    }
    return best.steps
  }

  @Test("With room for all texts it finds the likeliest, with its probability", arguments: 0..<40)
  func exact(round: Int) throws {
    var generator = SeededGenerator.printed()
    let symbols = 2 + round % 3
    let steps = symbols == 4 ? 5 : 7
    let blank = round % symbols
    let probabilities = Self.probabilities(steps: steps, symbols: symbols, using: &generator)
    var search = CTCBeamSearch(width: 100_000, blank: blank)
    for values in probabilities { search.push(values.map { log($0) }) }
    let texts = Self.texts(probabilities, blank: blank, before: blank)
    let best = try #require(texts.values.max())
    let (text, logarithm) = search.best
    #expect(abs(exp(logarithm) - best) < 1e-12)
    #expect(abs((texts[text] ?? 0) - best) < 1e-12)
    let emissions = search.commit()
    #expect(emissions.map(\.symbol) == text)
    #expect(emissions.map(\.step) == Self.likeliest(text, probabilities, blank: blank))
    for emission in emissions {
      #expect(abs(Double(emission.probability) - probabilities[emission.step][emission.symbol]) < 1e-6)
    }
  }

  @Test("It is better than the best path where many ways say the same")
  func sum() {
    // Graves 2006, figure 2: a blank is the best symbol of each step, and yet the text is more likely.
    var search = CTCBeamSearch(width: 4, blank: 0)
    for _ in 0..<2 { search.push([0.6, 0.4].map { log($0) }) }
    #expect(search.best.symbols == [1])
    #expect(abs(exp(search.best.logarithm) - (1 - 0.36)) < 1e-12)
  }

  /// The same search written down with whole texts.
  private static func plain(_ probabilities: [[Double]], width: Int, blank: Int) -> (text: [Int], likely: Double) {
    var texts: [[Int]: (blank: Double, other: Double)] = [[]: (1, 0)]
    for values in probabilities {
      var next: [[Int]: (blank: Double, other: Double)] = [:]
      for (text, likely) in texts {
        let all = likely.blank + likely.other
        next[text, default: (0, 0)].blank += all * values[blank]
        for symbol in values.indices where symbol != blank {
          if symbol == text.last {
            next[text, default: (0, 0)].other += likely.other * values[symbol]
            next[text + [symbol], default: (0, 0)].other += likely.blank * values[symbol]
          } else {
            next[text + [symbol], default: (0, 0)].other += all * values[symbol]
          }
        }
      }
      let best = next.sorted { $0.value.blank + $0.value.other > $1.value.blank + $1.value.other }.prefix(width)
      texts = Dictionary(uniqueKeysWithValues: best.map { ($0.key, $0.value) })
    }
    let best = texts.max { $0.value.blank + $0.value.other < $1.value.blank + $1.value.other }
    return best.map { ($0.key, $0.value.blank + $0.value.other) } ?? ([], 0)
  }

  @Test(
    "A narrow beam finds what the same search finds that is written down with whole texts", arguments: [1, 2, 3, 5, 12])
  func width(_ width: Int) {
    var generator = SeededGenerator.printed()
    for _ in 0..<30 {
      let probabilities = Self.probabilities(steps: 25, symbols: 7, using: &generator)
      var search = CTCBeamSearch(width: width, blank: 0)
      for values in probabilities { search.push(values.map { log($0) }) }
      let (text, likely) = Self.plain(probabilities, width: width, blank: 0)
      #expect(search.best.symbols == text && abs(search.best.logarithm - log(likely)) < 1e-9)
    }
  }

  @Test("A narrow beam follows as many texts as it is told to and is no better than a wide one")
  func narrow() {
    var generator = SeededGenerator.printed()
    let probabilities = Self.probabilities(steps: 30, symbols: 6, using: &generator)
    var last = -Double.infinity
    for width in [1, 2, 8, 64] {
      var search = CTCBeamSearch(width: width, blank: 0)
      for values in probabilities { search.push(values.map { log($0) }) }
      #expect(search.best.logarithm >= last - 1e-9)
      last = search.best.logarithm
    }
  }

  @Test("What is decided for goes on over the boundary of windows")
  func windows() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<20 {
      let probabilities = Self.probabilities(steps: 5, symbols: 3, using: &generator)
      var search = CTCBeamSearch(width: 1000, blank: 0)
      // Symbol 1 for sure, and no blank after it.
      search.push([-.infinity, 0, -.infinity])
      #expect(search.commit().map(\.symbol) == [1])
      for values in probabilities { search.push(values.map { log($0) }) }
      let best = try #require(Self.texts(probabilities, blank: 0, before: 1).values.max())
      #expect(abs(exp(search.best.logarithm) - best) < 1e-12)
    }
    var search = CTCBeamSearch(width: 3, blank: 0)
    search.push([-.infinity, -.infinity])
    #expect(search.commit().isEmpty)
    search.push([-.infinity, 0])
    #expect(search.commit().map(\.symbol) == [1])
  }

  @Test("Of sure scores the decoder tells the text and the words of the best path, window by window")
  func decoder() throws {
    let symbols = ["-", " ", "a", "b"]
    // A symbol goes on over the boundary of the windows; a blank between two makes them two.
    let path = [2, 2, 0, 2, 3, 3, 3, 1, 0, 2, 0, 3]
    let outputs = ModelOutputs(
      id: "m@1.0.0", outputs: [ModelOutputs.Output(name: "c", shape: [1, 6, 4])], picture: nil)
    func read(_ beam: Int) throws -> (text: String, events: [DecodedEvent]) {
      var settings = ModelDescription.CTC(output: "c", labels: symbols, space: " ")
      settings.beam = beam
      var results = try CTCDecoder(settings, outputs: outputs)
      var events = results
      var (text, found): (String, [DecodedEvent]) = ("", [])
      let time = { (step: Int) in MediaTime.zero + .milliseconds(Int64(step) * 20) }
      for window in 0..<2 {
        let values = path[window * 6..<window * 6 + 6].flatMap { symbol in
          (0..<4).map { $0 == symbol ? Float(9) : Float($0) }
        }
        if case .text(let part) = results.decode([values]) { text += part }
        events.push(
          [values], window: (time(window * 6), .milliseconds(120)), times: { time(window * 6 + $0) },
          length: .milliseconds(20)
        ) {
          found.append($0)
        } then: { _, _ in
        }
      }
      events.end(at: time(12)) { found.append($0) }
      return (text, found)
    }
    let (one, other) = (try read(1), try read(16))
    #expect(one.text == "aab ab" && other.text == one.text)
    #expect(other.events.map(\.name) == ["aab", "ab"] && other.events.map(\.time) == one.events.map(\.time))
    #expect(zip(one.events, other.events).allSatisfy { abs($0.score - $1.score) < 1e-4 })
  }
}
