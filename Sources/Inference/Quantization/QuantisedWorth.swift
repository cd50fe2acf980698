/// Which layers would take longer in bytes: where what they save is less than the conversions cost that they need.
///
/// An estimate from shapes alone, with the rates of ``WorkEstimate``, of each group of layers that hand bytes to each other.
enum QuantisedWorth {
  /// Microseconds that a conversion takes however little it converts.
  private static let conversion = 0.7
  /// Values converted in a microsecond.
  private static let conversionRate = 16_000.0

  /// - Parameters:
  ///   - prepared: the model.
  ///   - layers: all its layers.
  ///   - kept: the labels of those that stay real anyway.
  ///   - ranges: of every real value that is computed.
  /// - Returns: the labels of those that would be slower.
  /// - Throws: `invalid-graph` for attributes of another type.
  static func slower(
    _ prepared: PreparedModel, _ layers: [QuantisableLayer], kept: Set<String>, ranges: [ValueID: ValueRange]
  ) throws(InferenceError) -> Set<String> {
    var slower: Set<String> = []
    // What stays real may leave its neighbours alone.
    for _ in 0..<4 {
      let placement = try QuantisedPlacement(
        prepared.graph, layers: layers, kept: kept.union(slower), ranges: ranges)
      let found = groups(placement, prepared.graph).filter { $0.saved < $0.cost }.flatMap(\.labels)
      if found.isEmpty { break }
      slower.formUnion(found)
    }
    return slower
  }

  private struct Group {
    var labels: [String] = []
    var saved = 0.0
    var cost = 0.0
  }

  private static func groups(_ placement: QuantisedPlacement, _ graph: Graph) -> [Group] {
    var together = ValueGroups()
    for layer in placement.layers { together.join(layer.input, layer.end) }
    for (value, operands) in placement.operands { for operand in operands { together.join(value, operand) } }
    var groups: [ValueID: Group] = [:]
    for layer in placement.layers {
      var group = groups[together.root(layer.input)] ?? Group()
      group.labels.append(layer.label)
      group.saved += saved(layer, graph, isStored: placement.meanings[layer.end] != nil)
      groups[together.root(layer.input)] = group
    }
    let ends = Set(placement.layers.map(\.end))
    let index = GraphIndex(graph)
    let readers = Set(placement.layers.map(\.place))
    for value in placement.meanings.keys {
      let count = Double(graph[value].type?.shape.elementCount ?? 0)
      let price = conversion + count / conversionRate
      if !ends.contains(value), placement.operands[value] == nil {
        groups[together.root(value), default: Group()].cost += price
      }
      // Whoever reads it as real numbers has it converted back.
      let isArgument = placement.operands.values.contains { $0.contains(value) }
      let isReal = (index.readers[value] ?? []).contains { place in
        let node = graph.body.nodes[place]
        let follows = node.outputs.contains { $0.map { placement.operands[$0]?.contains(value) ?? false } ?? false }
        return !readers.contains(place) && !follows && !(isArgument && QuantisedPlacement.functions.contains(node.kind))
      }
      if isReal { groups[together.root(value), default: Group()].cost += price }
    }
    return groups.values.filter { !$0.labels.isEmpty }
  }

  /// Microseconds that a layer takes less in bytes: for its products, its weights and its results.
  private static func saved(_ layer: QuantisableLayer, _ graph: Graph, isStored: Bool) -> Double {
    let node = graph.body.nodes[layer.place]
    let weights = graph[layer.weights].tensor?.shape
    let isDepthwise = node.kind == .conv && weights?.dimensions.dropFirst().first == 1
    let products =
      isDepthwise ? 0 : Double(layer.multiplyAdds) * (1 / WorkEstimate.realRate - 1 / WorkEstimate.byteRate)
    let results = isStored ? graph[layer.end].type?.shape.elementCount ?? 0 : 0
    return products + 3 * Double((weights?.elementCount ?? 0) + results) / WorkEstimate.bandwidth
  }
}
