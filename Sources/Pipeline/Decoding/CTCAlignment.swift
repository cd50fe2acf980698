internal import Glibc

/// When the symbols of a text are said: the likeliest of all ways to say it, by Viterbi's algorithm over the text with a blank before,
/// between and after its symbols (Graves et al. 2006, section 4.1, with maxima in place of sums).
enum CTCAlignment {
  /// A symbol of a text.
  struct Emission: Equatable {
    var symbol: Int
    /// The step at which it begins.
    var step: Int
    /// The symbol's probability there.
    var probability: Float
  }

  /// The symbols of a text with their steps, which ascend. O(steps · symbols of the text). Allocates: for that.
  ///
  /// - Parameters:
  ///   - text: symbols, none of them the blank.
  ///   - steps: the logarithms of all symbols' probabilities, step by step.
  ///   - blank: the symbol that is none.
  ///   - before: the last symbol of what was said before; the blank for none.
  ///   - begins: the logarithms of how likely it was that this ended with a blank, and that it did not.
  /// - Returns: one for each symbol of the text; none where the steps cannot say it.
  static func emissions(
    of text: [Int], in steps: [[Double]], blank: Int, after before: Int, begins: (blank: Double, other: Double)
  ) -> [Emission] {
    // What was said before may go on; it is no symbol of the text.
    let states = [before] + text.flatMap { [blank, $0] } + [blank]
    var likely = Array(repeating: -Double.infinity, count: states.count)
    (likely[0], likely[1]) = (before == blank ? -.infinity : begins.other, begins.blank)
    // For each step and state, how many states before it the way came from.
    var ways: [[Int]] = []
    for step in steps {
      var next = likely
      var way = Array(repeating: 0, count: states.count)
      for state in states.indices {
        var best = (from: 0, likely: likely[state])
        if state > 0, likely[state - 1] > best.likely { best = (1, likely[state - 1]) }
        let maySkip = state > 1 && states[state] != blank && states[state] != states[state - 2]
        if maySkip, likely[state - 2] > best.likely { best = (2, likely[state - 2]) }
        next[state] = best.likely + step[states[state]]
        way[state] = best.from
      }
      likely = next
      ways.append(way)
    }
    var state = states.count - 1
    if state > 0, likely[state - 1] > likely[state] { state -= 1 }
    guard likely[state] > -.infinity else { return [] }
    var emissions: [Emission] = []
    for step in steps.indices.reversed() {
      let from = ways[step][state]
      // The symbols of the text are the even states but the first.
      if from > 0, state > 0, state % 2 == 0 {
        emissions.append(
          Emission(symbol: states[state], step: step, probability: Float(exp(steps[step][states[state]]))))
      }
      state -= from
    }
    return emissions.reversed()
  }
}
