/// Choices that make one 8-bit model of several; ranges and weights come of samples.
struct QuantisationWay {
  /// How ranges are chosen.
  var method: CalibrationMethod
  /// For single values, in place of the method.
  var methods: [ValueID: CalibrationMethod] = [:]
  /// The labels of layers that stay real.
  var kept: Set<String>
  /// Whether what stored weights add on average is taken off the biases.
  var correctsBias = false
}

/// A prepared model with its layers, from which ways make graphs.
struct QuantisationSource {
  var prepared: PreparedModel
  let layers: [QuantisableLayer]
  let settings: QuantisationSettings

  /// The graph that a way makes with what activations were on samples.
  func graph(
    _ way: QuantisationWay, _ statistics: ActivationStatistics
  ) throws(InferenceError) -> (graph: Graph, placement: QuantisedPlacement) {
    let placement = try placement(way, statistics)
    let quantised = try QuantisedGraph(
      prepared.graph, placement, weightLimit: settings.weightLimit,
      means: way.correctsBias ? statistics.means : [:])
    return (quantised.graph, placement)
  }

  /// What of the graph is stored in a way.
  func placement(
    _ way: QuantisationWay, _ statistics: ActivationStatistics
  ) throws(InferenceError) -> QuantisedPlacement {
    try QuantisedPlacement(
      prepared.graph, layers: layers, kept: way.kept,
      ranges: statistics.ranges(by: way.method, way.methods, percentile: settings.percentile))
  }
}
