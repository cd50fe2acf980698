/// What storing weights in bytes adds to each output channel on average, to be taken off the bias.
///
/// Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction" (2019), with the means of what
/// layers take measured, not inferred.
enum BiasCorrection {
  /// - Parameters:
  ///   - layer: a layer that takes a bias.
  ///   - graph: the graph that it stands in.
  ///   - stored: its stored weights.
  ///   - means: the mean of each channel that it takes.
  /// - Returns: what to add to each channel's bias; nil where means and weights do not fit each other.
  /// - Throws: `invalid-graph` for attributes of another type.
  static func correction(
    _ layer: QuantisableLayer, in graph: Graph, stored: StoredWeights, means: [Double]
  ) throws(InferenceError) -> [Float]? {
    guard let tensor = graph[layer.weights].tensor else { return nil }
    let node = graph.body.nodes[layer.place]
    let (shape, real, quantised) = (tensor.shape, tensor.array(of: Float.self), stored.real)
    let outputs = shape[layer.weightAxis]
    var correction = [Double](repeating: 0, count: outputs)
    if node.kind == .conv {
      let groups = try node.attributes.int("group", default: 1)
      let (inputs, taps) = (shape[1], shape.product(2..<shape.rank))
      guard groups > 0, outputs % groups == 0, means.count == inputs * groups else { return nil }
      for output in 0..<outputs {
        let first = output / (outputs / groups) * inputs
        for input in 0..<inputs {
          let start = (output * inputs + input) * taps
          var error = 0.0
          for place in start..<start + taps { error += Double(quantised[place]) - Double(real[place]) }
          correction[output] -= error * means[first + input]
        }
      }
    } else {
      let inner = shape[1 - layer.weightAxis]
      guard shape.rank == 2, means.count == inner else { return nil }
      for place in real.indices {
        let (row, column) = (place / shape[1], place % shape[1])
        let (output, input) = layer.weightAxis == 0 ? (row, column) : (column, row)
        correction[output] -= (Double(quantised[place]) - Double(real[place])) * means[input]
      }
    }
    return correction.map { Float($0) }
  }
}
