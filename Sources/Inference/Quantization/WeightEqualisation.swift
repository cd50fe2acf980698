/// Scales the channels between neighbouring convolutions so that their weights have alike ranges on both sides. The
/// function stays the same: what is between them lets positive factors through.
///
/// Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction" (2019), section 4.1.
enum WeightEqualisation {
  /// Two convolutions, the first's results being all that the second takes.
  private struct Pair {
    let first: QuantisableLayer
    let second: QuantisableLayer
    let groups: Int
  }

  /// - Parameters:
  ///   - graph: a prepared graph.
  ///   - layers: its layers.
  /// - Returns: the graph with other weights and biases; nil where there are no two such layers.
  /// - Throws: `invalid-graph` for attributes of another type.
  static func run(_ graph: Graph, _ layers: [QuantisableLayer]) throws(InferenceError) -> Graph? {
    let pairs = try pairs(graph, layers)
    guard !pairs.isEmpty else { return nil }
    var graph = graph
    for _ in 0..<8 {
      var largest = 0.0
      for pair in pairs { largest = max(largest, try equalise(pair, &graph)) }
      if largest < 0.01 { break }
    }
    return graph
  }

  private static func pairs(_ graph: Graph, _ layers: [QuantisableLayer]) throws(InferenceError) -> [Pair] {
    let index = GraphIndex(graph)
    // Weights that several layers share stay as they are.
    var uses: [ValueID: Int] = [:]
    graph.body.forEachUse { uses[$0, default: 0] += 1 }
    var pairs: [Pair] = []
    for first in layers where graph.body.nodes[first.place].kind == .conv && first.takesBias {
      guard isScaled(first, graph, index), var reader = index.soleReader(first.end) else { continue }
      while [.maxPool, .averagePool].contains(graph.body.nodes[reader].kind),
        graph.body.nodes[reader].outputs.count == 1,
        let output = graph.body.nodes[reader].outputs[0], let next = index.soleReader(output)
      {
        reader = next
      }
      guard let second = layers.first(where: { $0.place == reader }), graph.body.nodes[reader].kind == .conv,
        let one = graph[first.weights].tensor, let two = graph[second.weights].tensor,
        uses[first.weights] == 1, uses[second.weights] == 1, first.bias.map({ uses[$0] == 1 }) ?? true
      else { continue }
      let groups = try graph.body.nodes[reader].attributes.int("group", default: 1)
      guard
        groups == 1 && two.shape[1] == one.shape[0]
          || groups == one.shape[0] && two.shape[0] == groups && two.shape[1] == 1
      else { continue }
      pairs.append(Pair(first: first, second: second, groups: groups))
    }
    return pairs
  }

  /// Whether positive factors go through all that is computed with a layer.
  private static func isScaled(_ layer: QuantisableLayer, _ graph: Graph, _ index: GraphIndex) -> Bool {
    var value = layer.result
    while value != layer.end {
      guard let place = index.soleReader(value), let output = graph.body.nodes[place].outputs.first ?? nil,
        [.relu, "LeakyRelu"].contains(graph.body.nodes[place].kind)
      else { return false }
      value = output
    }
    return true
  }

  /// Equalises one pair, and tells how far the largest factor is from 1.
  private static func equalise(_ pair: Pair, _ graph: inout Graph) throws(InferenceError) -> Double {
    guard let one = graph[pair.first.weights].tensor, let two = graph[pair.second.weights].tensor else { return 0 }
    let channels = one.shape[0]
    var first = one.array(of: Float.self)
    var second = two.array(of: Float.self)
    var bias = pair.first.bias.flatMap { graph[$0].tensor?.floats }
    let ownTaps = first.count / channels
    let taps = two.shape.product(2..<two.shape.rank)
    /// The places of the second's weights that multiply `channel`.
    func places(_ channel: Int) -> [Range<Int>] {
      guard pair.groups == 1 else { return [channel * taps..<(channel + 1) * taps] }
      return (0..<two.shape[0]).map { filter in
        let start = (filter * channels + channel) * taps
        return start..<start + taps
      }
    }
    var largest = 0.0
    for channel in 0..<channels {
      let own = channel * ownTaps..<(channel + 1) * ownTaps
      let a = first[own].reduce(0) { max($0, abs($1)) }
      let b = places(channel).reduce(Float(0)) { second[$1].reduce($0) { max($0, abs($1)) } }
      let factor = (a / b).squareRoot()
      guard a > 0, b > 0, factor > 1e-3, factor < 1e3 else { continue }
      largest = max(largest, abs(Double(factor) - 1))
      for place in own { first[place] /= factor }
      bias?[channel] /= factor
      for range in places(channel) { for place in range { second[place] *= factor } }
    }
    guard first.allSatisfy(\.isFinite), second.allSatisfy(\.isFinite), bias?.allSatisfy(\.isFinite) ?? true,
      let newFirst = Tensor(first, shape: one.shape), let newSecond = Tensor(second, shape: two.shape)
    else { return 0 }
    graph[pair.first.weights].content = .constant(newFirst)
    graph[pair.second.weights].content = .constant(newSecond)
    if let id = pair.first.bias, let bias, let old = graph[id].tensor, let tensor = Tensor(bias, shape: old.shape) {
      graph[id].content = .constant(tensor)
    }
    return largest
  }
}
