internal import Glibc

/// Finds the likeliest text of scores of symbols over time, all the ways to say it taken together: prefix beam search, Graves et al.,
/// "Connectionist temporal classification" (2006), section 3.2, as Hannun et al., "First-pass large vocabulary continuous speech
/// recognition using bi-directional recurrent DNNs" (2014), algorithm 1, without a language model.
///
/// Probabilities are kept as logarithms. O(steps · width · symbols). Allocates: for what it keeps.
struct CTCBeamSearch {
  /// A text so far: the one before its last symbol, and that.
  private struct Node {
    var parent: Int
    var symbol: Int
  }

  /// A text that is still followed: how likely it is with a blank as the last symbol, and without.
  private struct Prefix {
    var node: Int
    var blank: Double
    var other: Double
    var all: Double { Self.sum(blank, other) }

    static func sum(_ a: Double, _ b: Double) -> Double {
      let (high, low) = a > b ? (a, b) : (b, a)
      return low == -.infinity ? high : high + log1p(exp(low - high))
    }
  }

  private struct Child: Hashable {
    var parent: Int
    var symbol: Int
  }

  /// How many texts are followed at once, at least 1.
  let width: Int
  private let blank: Int
  private var nodes: [Node] = []
  private var prefixes: [Prefix] = []
  /// The place of each prefix among ``prefixes``, by what it is.
  private var places: [Child: Int] = [:]
  /// What was known before the first step, and the steps since.
  private var before: Prefix
  private var steps: [[Double]] = []

  /// A search that follows `width` texts.
  init(width: Int, blank: Int) {
    self.width = max(1, width)
    self.blank = blank
    before = Prefix(node: 0, blank: 0, other: -.infinity)
    restart()
  }

  /// Forgets everything.
  mutating func restart() { restart(after: blank, Prefix(node: 0, blank: 0, other: -.infinity)) }

  /// Takes the logarithms of the symbols' probabilities at the next step.
  mutating func push(_ logarithms: [Double]) {
    steps.append(logarithms)
    var next = prefixes.map { Prefix(node: $0.node, blank: $0.all + logarithms[blank], other: -.infinity) }
    var begun: [(child: Child, likely: Double)] = []
    for (place, prefix) in prefixes.enumerated() {
      let all = prefix.all
      let last = nodes[prefix.node].symbol
      for symbol in logarithms.indices where symbol != blank {
        // The same symbol again: it goes on, or after a blank it is another one.
        if symbol == last { next[place].other = Prefix.sum(next[place].other, prefix.other + logarithms[symbol]) }
        let likely = (symbol == last ? prefix.blank : all) + logarithms[symbol]
        guard likely > -.infinity else { continue }
        let child = Child(parent: prefix.node, symbol: symbol)
        if let known = places[child] {
          next[known].other = Prefix.sum(next[known].other, likely)
        } else {
          begun.append((child, likely))
        }
      }
    }
    keep(next, begun)
  }

  /// The likeliest text, and the logarithm of its probability.
  var best: (symbols: [Int], logarithm: Double) {
    var symbols: [Int] = []
    var node = prefixes[0].node
    while node > 0 {
      symbols.append(nodes[node].symbol)
      node = nodes[node].parent
    }
    return (symbols.reversed(), prefixes[0].all)
  }

  /// Decides for the likeliest text so far, and gives it with the steps of the likeliest way to say it; what comes next goes on from
  /// there.
  mutating func commit() -> [CTCAlignment.Emission] {
    let found = CTCAlignment.emissions(
      of: best.symbols, in: steps, blank: blank, after: nodes[0].symbol, begins: (before.blank, before.other))
    var prefix = prefixes[0]
    let symbol = nodes[prefix.node].symbol
    let all = prefix.all
    // Nothing is possible after scores that are no probabilities.
    guard all > -.infinity else {
      restart()
      return found
    }
    (prefix.node, prefix.blank, prefix.other) = (0, prefix.blank - all, prefix.other - all)
    restart(after: symbol, prefix)
    return found
  }

  private mutating func restart(after symbol: Int, _ prefix: Prefix) {
    nodes = [Node(parent: -1, symbol: symbol)]
    prefixes = [prefix]
    places = [:]
    before = prefix
    steps.removeAll(keepingCapacity: true)
  }

  /// Goes on with the likeliest of the texts there were and of those that have begun; of equal ones the earlier.
  private mutating func keep(_ old: [Prefix], _ begun: [(child: Child, likely: Double)]) {
    var order = old.indices.map { (place: $0, likely: old[$0].all) }
    order += begun.indices.map { (place: old.count + $0, likely: begun[$0].likely) }
    order.sort { ($0.likely, $1.place) > ($1.likely, $0.place) }
    prefixes.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    for (place, likely) in order.prefix(width) {
      if place < old.count {
        prefixes.append(old[place])
      } else {
        let child = begun[place - old.count].child
        nodes.append(Node(parent: child.parent, symbol: child.symbol))
        prefixes.append(Prefix(node: nodes.count - 1, blank: -.infinity, other: likely))
      }
      let node = nodes[prefixes[prefixes.count - 1].node]
      if node.parent >= 0 { places[Child(parent: node.parent, symbol: node.symbol)] = prefixes.count - 1 }
    }
  }
}
