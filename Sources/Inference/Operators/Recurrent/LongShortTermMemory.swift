/// A long short-term memory layer, gates in the standard's order: input, output, forget, cell.
///
/// c = f c + i g and h = o tanh(c), where i, o and f are sigmoids and g a tanh of W x + R h + b, with peepholes P c added
/// to i, f and, of the new cell, o.
struct LongShortTermMemory: RealKernel {
  let layer: RecurrentLayer
  /// Whether the forget gate is one less the input gate.
  let couplesForget: Bool

  init(_ call: OperatorCall) throws(InferenceError) {
    layer = try RecurrentLayer(
      call, gates: 4, states: 2, peepholes: true, activations: ["Sigmoid", "Tanh", "Tanh"])
    couplesForget = try call.attributes.int("input_forget", default: 0) != 0
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (layer, y) = (layer, Elements<T>(arguments.outputs[0]))
    let lengths = try layer.lengths(arguments)
    if lengths != nil { y.fill(0) }
    let h = layer.start(arguments, state: 0, T.self)
    let c = layer.start(arguments, state: 1, T.self)
    let gates = Elements<T>(scratch: arguments.scratch, count: layer.gateElements)
    let peepholes = arguments.optional(7).map { Elements<T>($0) }
    for direction in 0..<layer.directions {
      layer.project(arguments, gates, direction: direction, separate: 4)
      layer.forEachStep(direction, lengths) { time, elements in
        layer.recur(
          arguments, direction: direction, gates: 0..<4, rows: elements.count,
          from: MatrixPlace(h, at: layer.state(direction, elements.lowerBound), stride: layer.stateStride),
          into: MatrixPlace(gates, at: layer.gate(time, elements.lowerBound), stride: layer.gateStride))
        for element in elements {
          let state = layer.state(direction, element)
          cell(gates, layer.gate(time, element), h, c, state, peepholes, direction)
          y.copy(layer.hidden, of: h, from: state, to: layer.output(time, direction, element))
        }
      }
    }
  }

  /// One step of one element of the batch, whose gates' sums lie from `gate` on.
  @inline(__always) private func cell<T: RealElement>(
    _ gates: Elements<T>, _ gate: Int, _ h: Elements<T>, _ c: Elements<T>, _ state: Int, _ peepholes: Elements<T>?,
    _ direction: Int
  ) {
    let (hidden, clip) = (layer.hidden, layer.clip)
    let activations = layer.activations[direction]
    let (input, output, forget, candidate) = (gate, gate + hidden, gate + 2 * hidden, gate + 3 * hidden)
    let peephole = direction * 3 * hidden
    if let peepholes {
      for i in 0..<hidden {
        gates[input + i] += peepholes[peephole + i] * c[state + i]
        gates[forget + i] += peepholes[peephole + 2 * hidden + i] * c[state + i]
      }
    }
    activations[0].apply(gates, input, hidden, clip: clip)
    if couplesForget {
      for i in 0..<hidden { gates[forget + i] = 1 - gates[input + i] }
    } else {
      activations[0].apply(gates, forget, hidden, clip: clip)
    }
    activations[1].apply(gates, candidate, hidden, clip: clip)
    for i in 0..<hidden {
      c[state + i] = gates[forget + i] * c[state + i] + gates[input + i] * gates[candidate + i]
    }
    if let peepholes {
      for i in 0..<hidden { gates[output + i] += peepholes[peephole + hidden + i] * c[state + i] }
    }
    activations[0].apply(gates, output, hidden, clip: clip)
    h.copy(hidden, of: c, from: state, to: state)
    activations[2].apply(h, state, hidden, clip: nil)
    for i in 0..<hidden { h[state + i] *= gates[output + i] }
  }
}
