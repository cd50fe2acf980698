/// Patterns of more than one node behind a convolution or product.
extension ContractionFusion {
  /// The Sigmoid that reads `value` and the Mul of `value` with it, by place, where nobody else reads either.
  func gate(after value: ValueID, _ fusion: Fusion) -> [Int]? {
    guard fusion.weightScales.isEmpty, !index.kept.contains(value), let readers = index.readers[value],
      readers.count == 2, let gate = readers.first(where: { graph.body.nodes[$0].kind == .sigmoid }),
      let product = readers.first(where: { graph.body.nodes[$0].kind == .mul }),
      let sigmoid = graph.body.nodes[gate].outputs.first ?? nil, index.soleReader(sigmoid) == product,
      Set(graph.body.nodes[product].inputs) == [value, sigmoid], !dropped.contains(gate), !dropped.contains(product)
    else { return nil }
    return [gate, product]
  }

  /// Joins the sum of a quantised result with another stored value, and the conversion of the sum. The result is
  /// bounded as it would be on its way through memory, and rounded where oneDNN's steps need it whole.
  mutating func joinSum(
    _ fusion: inout Fusion, _ result: inout ValueID, _ operands: inout [ValueID?], _ body: inout [Node],
    _ absorbed: inout [Int]
  ) {
    guard let own = fusion.outputQuantization, case .contraction(let core) = fusion.operation, core.kind == .conv,
      operands.count == 3, fusion.following.isEmpty, let stored = graph[result].type, stored.elementType.isQuantised,
      let opening = index.soleReader(result), isConversion(opening, of: result, own), !dropped.contains(opening),
      let real = graph.body.nodes[opening].outputs.first ?? nil, let sum = index.soleReader(real),
      graph.body.nodes[sum].kind == .add, !dropped.contains(sum),
      var total = graph.body.nodes[sum].outputs.first ?? nil,
      let other = graph.body.nodes[sum].inputs.first(where: { $0 != real }) ?? nil,
      let source = graph.producer(other, index), source.kind == .dequantizeLinear, let addend = source.input(0),
      graph[addend].tensor == nil, let addendType = graph[addend].type, addendType.shape == stored.shape,
      let meaning = Quantization(parametersOf: source, in: graph)
    else { return }
    var places = [opening, sum]
    var steps: [Fusion.Following] = [.stored(own, stored.elementType), .addQuantised(3, meaning)]
    guard var next = index.soleReader(total), !dropped.contains(next) else { return }
    if graph.body.nodes[next].kind == .relu, let output = graph.body.nodes[next].outputs.first ?? nil,
      let after = index.soleReader(output)
    {
      steps.append(.relu)
      places.append(next)
      (total, next) = (output, after)
    }
    let closing = graph.body.nodes[next]
    guard closing.kind == .quantizeLinear, !dropped.contains(next), closing.input(0) == total,
      let target = Quantization(parametersOf: closing, in: graph), let output = closing.outputs.first ?? nil,
      graph[output].type?.elementType == addendType.elementType
    else { return }
    // What is stored from zero on needs no Relu before.
    if target.zeroPoint == (addendType.elementType == .int8 ? -128 : 0), case .relu? = steps.last { steps.removeLast() }
    places.append(next)
    body.append(source)
    for place in places { body.append(graph.body.nodes[place]) }
    absorbed += places
    operands.append(addend)
    fusion.following += steps
    fusion.outputQuantization = target
    result = output
  }

  private func isConversion(_ place: Int, of value: ValueID, _ quantization: Quantization) -> Bool {
    let node = graph.body.nodes[place]
    return node.kind == .dequantizeLinear && node.input(0) == value
      && Quantization(parametersOf: node, in: graph) == quantization
  }
}
