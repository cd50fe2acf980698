internal import Glibc

/// Finds the likeliest text of scores of symbols over time, all the ways to say it taken together: prefix beam search, Graves et al.,
/// "Connectionist temporal classification" (2006), section 3.2, as Hannun et al., "First-pass large vocabulary continuous speech
/// recognition using bi-directional recurrent DNNs" (2014), algorithm 1, without a language model.
///
/// Probabilities are kept as logarithms. O(steps · (symbols log symbols + width²)). Allocates: for what it keeps.
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
  /// The node of every text that was followed since the search began: one that is followed again is the same.
  private var known: [Child: Int] = [:]
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
    let followed = Dictionary(uniqueKeysWithValues: prefixes.indices.map { (prefixes[$0].node, $0) })
    for (place, prefix) in prefixes.enumerated() {
      // The last symbol goes on.
      let node = nodes[prefix.node]
      guard node.symbol != blank else { continue }
      next[place].other = prefix.other + logarithms[node.symbol]
      // The text without it is followed too, and it begins now.
      guard let parent = followed[node.parent] else { continue }
      next[place].other = Prefix.sum(next[place].other, begin(node.symbol, after: prefixes[parent], logarithms))
    }
    // Of what a text goes on with, no more than the likeliest so many can be among the texts that are kept.
    let strongest = logarithms.indices.filter { $0 != blank }
      .sorted { (logarithms[$0], $1) > (logarithms[$1], $0) }.prefix(width + 1)
    var begun: [(child: Child, likely: Double)] = []
    for prefix in prefixes {
      for symbol in strongest {
        let child = Child(parent: prefix.node, symbol: symbol)
        let likely = begin(symbol, after: prefix, logarithms)
        let isFollowed = known[child].map { followed[$0] != nil } ?? false
        if likely > -.infinity, !isFollowed { begun.append((child, likely)) }
      }
    }
    keep(next, begun)
  }

  /// How likely it is that a symbol begins after a text: after itself only if a blank came between.
  private func begin(_ symbol: Int, after prefix: Prefix, _ logarithms: [Double]) -> Double {
    (nodes[prefix.node].symbol == symbol ? prefix.blank : prefix.all) + logarithms[symbol]
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
    known.removeAll(keepingCapacity: true)
    before = prefix
    steps.removeAll(keepingCapacity: true)
  }

  /// Goes on with the likeliest of the texts there were and of those that have begun; of equal ones the earlier.
  private mutating func keep(_ old: [Prefix], _ begun: [(child: Child, likely: Double)]) {
    var order = old.indices.map { (place: $0, likely: old[$0].all) }
    order += begun.indices.map { (place: old.count + $0, likely: begun[$0].likely) }
    order.sort { ($0.likely, $1.place) > ($1.likely, $0.place) }
    prefixes.removeAll(keepingCapacity: true)
    for (place, likely) in order.prefix(width) {
      if place < old.count {
        prefixes.append(old[place])
      } else {
        let child = begun[place - old.count].child
        let node = known[child] ?? nodes.count
        if node == nodes.count { nodes.append(Node(parent: child.parent, symbol: child.symbol)) }
        known[child] = node
        prefixes.append(Prefix(node: node, blank: -.infinity, other: likely))
      }
    }
  }
}
