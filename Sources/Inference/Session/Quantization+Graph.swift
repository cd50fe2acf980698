extension Quantization {
  /// What the stored values of input `id` stand for, where all its readers agree.
  init?(ofInput id: ValueID, in graph: Graph) {
    var found: Set<Quantization?> = []
    var pending = [id]
    while let value = pending.popLast() {
      for node in graph.body.nodes where node.input(0) == value {
        if node.kind == .dequantizeLinear {
          found.insert(Quantization(parametersOf: node, in: graph))
        } else if node.kind == .transpose || OperatorKind.views.contains(node.kind),
          let output = node.outputs.first ?? nil
        {
          pending.append(output)
        } else {
          found.insert(node.fusion?.inputQuantization)
        }
      }
    }
    guard found.count == 1, let only = found.first ?? nil else { return nil }
    self = only
  }

  /// What the stored values of output `id` stand for, or for real ones the steps they come in, where the node that
  /// computes it says so.
  init?(ofOutput id: ValueID, in graph: Graph) {
    var id = id
    while let node = graph.body.nodes.first(where: { $0.outputs.contains(id) }) {
      if node.kind == .quantizeLinear || node.kind == .dequantizeLinear {
        self.init(parametersOf: node, in: graph)
        return
      }
      if let quantization = node.fusion?.outputQuantization {
        self = quantization
        return
      }
      guard node.kind == .transpose || OperatorKind.views.contains(node.kind), let input = node.input(0) else {
        return nil
      }
      id = input
    }
    return nil
  }

  /// The scale and zero point of a QuantizeLinear or DequantizeLinear for whole tensors, where they are constant.
  init?(parametersOf node: Node, in graph: Graph) {
    guard let scaleID = node.input(1), let scales = graph[scaleID].tensor?.floats, scales.count == 1,
      scales[0].isFinite, scales[0] > 0
    else { return nil }
    var zeroPoint = 0
    if let id = node.input(2) {
      guard let zeros = graph[id].tensor?.integers, zeros.count == 1 else { return nil }
      zeroPoint = zeros[0]
    }
    self.init(scale: scales[0], zeroPoint: Int32(clamping: zeroPoint))
  }
}
