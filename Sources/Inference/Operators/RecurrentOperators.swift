internal import COpenBLAS
import Glibc

/// Recurrent layers.
extension OperatorRegistry {
  /// Threads are given to oneDNN alone; set for the whole process, once.
  private static let openBLASOnOneThread: Void = openblas_set_num_threads(1)

  static let recurrent: [OperatorDefinition] = [
    OperatorDefinition(
      "LSTM",
      infer: { call throws(InferenceError) in
        let sizes = try LSTMSizes(call)
        let state = [sizes.directions, sizes.batch, sizes.hidden]
        return [
          try call.type(.float32, [sizes.length, sizes.directions, sizes.batch, sizes.hidden]),
          try call.type(.float32, state), try call.type(.float32, state),
        ]
      }
    ) { call, _ throws(InferenceError) in
      let sizes = try LSTMSizes(call)
      openBLASOnOneThread
      return Kernel(scratchBytes: 4 * sizes.hidden * MemoryLayout<Float>.stride) { sizes.run($0) }
    }
  ]
}

/// A long short-term memory layer, gates in the standard's order: input, output, forget, cell.
private struct LSTMSizes: Sendable {
  let length: Int
  let batch: Int
  let inputs: Int
  let hidden: Int
  let directions: Int
  let backwardOnly: Bool

  init(_ call: OperatorCall) throws(InferenceError) {
    let (x, w, r) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    for index in call.inputs.indices where call.has(index) && index != 4 {
      _ = try call.elementType(index, oneOf: [.float32])
    }
    guard x.rank == 3, w.rank == 3, r.rank == 3 else { throw .shape("\(x), \(w) and \(r) are not of rank 3") }
    let direction = try call.attributes.string("direction", default: "forward")
    directions = direction == "bidirectional" ? 2 : 1
    backwardOnly = direction == "reverse"
    (length, batch, inputs, hidden) = (x[0], x[1], x[2], r[2])
    guard hidden > 0, w.dimensions == [directions, 4 * hidden, inputs],
      r.dimensions == [directions, 4 * hidden, hidden],
      try call.attributes.int("hidden_size", default: hidden) == hidden
    else { throw .shape("weights of shapes \(w) and \(r) do not fit \(x)") }
    if call.has(3), try call.input(3).shape.dimensions != [directions, 8 * hidden] {
      throw .shape("the bias does not fit")
    }
    for index in 5..<7 where call.has(index) {
      guard try call.input(index).shape.dimensions == [directions, batch, hidden] else {
        throw .shape("the first state has shape \(try call.input(index).shape)")
      }
    }
    guard !call.has(4), !call.has(7), call.attributes["activations"] == nil, call.attributes["clip"] == nil,
      try call.attributes.int("layout", default: 0) == 0, try call.attributes.int("input_forget", default: 0) == 0
    else { throw .unsupported("sequence lengths, peepholes, other activations, clipping or layouts") }
  }

  func run(_ arguments: KernelArguments) {
    let x = Elements<Float>(arguments.input(0))
    let (w, r) = (Elements<Float>(arguments.input(1)), Elements<Float>(arguments.input(2)))
    let bias = arguments.optional(3).map { Elements<Float>($0) }
    let y = Elements<Float>(arguments.outputs[0])
    let (h, c) = (Elements<Float>(arguments.outputs[1]), Elements<Float>(arguments.outputs[2]))
    if let first = arguments.optional(5) { arguments.outputs[1].copy(from: first) } else { h.fill(0) }
    if let first = arguments.optional(6) { arguments.outputs[2].copy(from: first) } else { c.fill(0) }
    guard let scratch = arguments.scratch else { return }
    let gates = Elements<Float>(scratch)
    for direction in 0..<directions {
      for step in 0..<length {
        let t = direction == 1 || backwardOnly ? length - 1 - step : step
        for b in 0..<batch {
          let state = (direction * batch + b) * hidden
          for i in 0..<(4 * hidden) {
            gates[i] =
              bias.map { $0[direction * 8 * hidden + i] + $0[direction * 8 * hidden + 4 * hidden + i] } ?? 0
          }
          product(w, row: direction * 4 * hidden, columns: inputs, x, at: (t * batch + b) * inputs, gates)
          product(r, row: direction * 4 * hidden, columns: hidden, h, at: state, gates)
          for i in 0..<hidden {
            let input = OperatorRegistry.sigmoid(gates[i])
            let output = OperatorRegistry.sigmoid(gates[hidden + i])
            let forget = OperatorRegistry.sigmoid(gates[2 * hidden + i])
            let cell = forget * c[state + i] + input * tanhf(gates[3 * hidden + i])
            c[state + i] = cell
            h[state + i] = output * tanhf(cell)
            y[((t * directions + direction) * batch + b) * hidden + i] = h[state + i]
          }
        }
      }
    }
  }

  /// gates += matrix * vector, the matrix's 4 * hidden rows from `row` on.
  private func product(
    _ matrix: Elements<Float>, row: Int, columns: Int, _ vector: Elements<Float>, at start: Int,
    _ gates: Elements<Float>
  ) {
    guard columns > 0 else { return }
    unsafe cblas_sgemv(
      CblasRowMajor, CblasNoTrans, blasint(4 * hidden), blasint(columns), 1, matrix.pointer + row * columns,
      blasint(columns), vector.pointer + start, 1, 1, gates.pointer, 1)
  }
}
