/// Recurrent layers.
extension OperatorRegistry {
  static let recurrent: [OperatorDefinition] = [
    OperatorDefinition(
      "LSTM",
      infer: { call throws(InferenceError) in try LongShortTermMemory(call).layer.results(call, states: 2) }
    ) { call, _ throws(InferenceError) in
      let kernel = try LongShortTermMemory(call)
      return kernel.kernel(kernel.layer.type, scratchElements: kernel.layer.gateElements)
    },
    OperatorDefinition(
      "GRU",
      infer: { call throws(InferenceError) in try GatedRecurrentUnit(call).layer.results(call, states: 1) }
    ) { call, _ throws(InferenceError) in
      let kernel = try GatedRecurrentUnit(call)
      let layer = kernel.layer
      return kernel.kernel(layer.type, scratchElements: layer.gateElements + layer.batch * layer.hidden)
    },
    OperatorDefinition(
      "RNN",
      infer: { call throws(InferenceError) in try SimpleRecurrence(call).layer.results(call, states: 1) }
    ) { call, _ throws(InferenceError) in
      let kernel = try SimpleRecurrence(call)
      return kernel.kernel(kernel.layer.type, scratchElements: kernel.layer.gateElements)
    },
  ]
}

/// h = f(W x + R h + b).
private struct SimpleRecurrence: RealKernel {
  let layer: RecurrentLayer

  init(_ call: OperatorCall) throws(InferenceError) {
    layer = try RecurrentLayer(call, gates: 1, states: 1, activations: ["Tanh"])
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (layer, y) = (layer, Elements<T>(arguments.outputs[0]))
    let lengths = try layer.lengths(arguments)
    if lengths != nil { y.fill(0) }
    let h = layer.start(arguments, state: 0, T.self)
    let gates = Elements<T>(scratch: arguments.scratch, count: layer.gateElements)
    for direction in 0..<layer.directions {
      layer.project(arguments, gates, direction: direction, separate: 1)
      layer.forEachStep(direction, lengths) { time, elements in
        layer.recur(
          arguments, direction: direction, gates: 0..<1, rows: elements.count,
          from: MatrixPlace(h, at: layer.state(direction, elements.lowerBound), stride: layer.stateStride),
          into: MatrixPlace(gates, at: layer.gate(time, elements.lowerBound), stride: layer.gateStride))
        for element in elements {
          let (gate, hidden) = (layer.gate(time, element), layer.hidden)
          layer.activations[direction][0].apply(gates, gate, hidden, clip: layer.clip)
          h.copy(hidden, of: gates, from: gate, to: layer.state(direction, element))
          y.copy(hidden, of: gates, from: gate, to: layer.output(time, direction, element))
        }
      }
    }
  }
}

/// A gated recurrent unit, gates in the standard's order: update, reset, hidden.
///
/// h = (1 - z) g + z h, where g = tanh(W x + R (r h) + b), or with `resetsAfter` tanh(W x + r (R h + b_R) + b_W).
private struct GatedRecurrentUnit: RealKernel {
  let layer: RecurrentLayer
  let resetsAfter: Bool

  init(_ call: OperatorCall) throws(InferenceError) {
    layer = try RecurrentLayer(call, gates: 3, states: 1, activations: ["Sigmoid", "Tanh"])
    resetsAfter = try call.attributes.int("linear_before_reset", default: 0) != 0
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (layer, hidden, y) = (layer, layer.hidden, Elements<T>(arguments.outputs[0]))
    let lengths = try layer.lengths(arguments)
    if lengths != nil { y.fill(0) }
    let h = layer.start(arguments, state: 0, T.self)
    let gates = Elements<T>(scratch: arguments.scratch, count: layer.gateElements)
    let work = Elements<T>(
      scratch: arguments.scratch, offset: layer.gateElements * MemoryLayout<T>.stride, count: layer.batch * hidden)
    let bias = arguments.optional(3).map { Elements<T>($0) }
    for direction in 0..<layer.directions {
      let (f, g) = (layer.activations[direction][0], layer.activations[direction][1])
      let recurrentBias = (2 * direction + 1) * layer.width + 2 * hidden
      layer.project(arguments, gates, direction: direction, separate: resetsAfter ? 2 : 3)
      layer.forEachStep(direction, lengths) { time, elements in
        let first = elements.lowerBound
        let states = MatrixPlace(h, at: layer.state(direction, first), stride: layer.stateStride)
        let dense = MatrixPlace(work, stride: hidden)
        layer.recur(
          arguments, direction: direction, gates: 0..<2, rows: elements.count, from: states,
          into: MatrixPlace(gates, at: layer.gate(time, first), stride: layer.gateStride))
        for element in elements {
          f.apply(gates, layer.gate(time, element), 2 * hidden, clip: layer.clip)
          let place = (element - first) * hidden
          if resetsAfter {
            for i in 0..<hidden { work[place + i] = bias.map { $0[recurrentBias + i] } ?? 0 }
          } else {
            let (reset, state) = (layer.gate(time, element) + hidden, layer.state(direction, element))
            for i in 0..<hidden { work[place + i] = gates[reset + i] * h[state + i] }
          }
        }
        layer.recur(
          arguments, direction: direction, gates: 2..<3, rows: elements.count, from: resetsAfter ? states : dense,
          into: resetsAfter
            ? dense : MatrixPlace(gates, at: layer.gate(time, first) + 2 * hidden, stride: layer.gateStride))
        for element in elements {
          let (update, state) = (layer.gate(time, element), layer.state(direction, element))
          let candidate = update + 2 * hidden
          if resetsAfter {
            let place = (element - first) * hidden
            for i in 0..<hidden { gates[candidate + i] += gates[update + hidden + i] * work[place + i] }
          }
          g.apply(gates, candidate, hidden, clip: layer.clip)
          for i in 0..<hidden {
            let z = gates[update + i]
            h[state + i] = (1 - z) * gates[candidate + i] + z * h[state + i]
          }
          y.copy(hidden, of: h, from: state, to: layer.output(time, direction, element))
        }
      }
    }
  }
}
