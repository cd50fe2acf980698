/// The sizes and settings that the three kinds of recurrent layer share, and where their elements lie.
struct RecurrentLayer: Sendable {
  /// Gates of each cell, and so blocks of rows in the weights.
  let gates: Int
  let length: Int
  let batch: Int
  let inputs: Int
  let hidden: Int
  let directions: Int
  /// Whether the one direction there is runs from the end.
  let backwardOnly: Bool
  /// Whether the batch is the outermost axis.
  let batchFirst: Bool
  /// The activations of each direction.
  let activations: [[RecurrentActivation]]
  let clip: Double?
  let type: ElementType

  /// The layer of `call`: operands x, weights, recurrent weights, bias, lengths, and states from 5 on.
  init(
    _ call: OperatorCall, gates: Int, states: Int, peepholes: Bool = false, activations defaults: [String]
  ) throws(InferenceError) {
    self.gates = gates
    type = try call.realType(sharedBy: [1, 2, 3] + Array(5..<(5 + states)) + (peepholes ? [5 + states] : []))
    let (x, w, r) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    guard x.rank == 3, w.rank == 3, r.rank == 3 else { throw .shape("\(x), \(w) and \(r) are not of rank 3") }
    let direction = try call.attributes.string("direction", default: "forward").lowercased()
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw .invalid("direction \(direction) is unknown")
    }
    directions = direction == "bidirectional" ? 2 : 1
    backwardOnly = direction == "reverse"
    batchFirst = try call.attributes.int("layout", default: 0) != 0
    (length, batch) = batchFirst ? (x[1], x[0]) : (x[0], x[1])
    (inputs, hidden) = (x[2], r[2])
    guard hidden > 0, hidden < 1 << 28, inputs < 1 << 31, w.dimensions == [directions, gates * hidden, inputs],
      r.dimensions == [directions, gates * hidden, hidden],
      try call.attributes.int("hidden_size", default: hidden) == hidden
    else { throw .shape("weights of shapes \(w) and \(r) do not fit \(x)") }
    if call.has(3), try call.input(3).shape.dimensions != [directions, 2 * gates * hidden] {
      throw .shape("a bias of shape \(try call.input(3).shape) does not fit \(hidden) cells")
    }
    if call.has(4) {
      _ = try call.elementType(4, oneOf: [.int32])
      guard try call.input(4).shape.dimensions == [batch] else { throw .shape("the lengths do not fit") }
    }
    for index in 5..<(5 + states) where call.has(index) {
      let first = try call.input(index).shape.dimensions
      guard first == (batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]) else {
        throw .shape("the first state has shape \(first)")
      }
    }
    if peepholes, call.has(5 + states), try call.input(5 + states).shape.dimensions != [directions, 3 * hidden] {
      throw .shape("peepholes of shape \(try call.input(5 + states).shape) do not fit \(hidden) cells")
    }
    if call.attributes["clip"] != nil {
      let limit = Double(try call.attributes.float("clip", default: 0))
      guard limit >= 0 else { throw .invalid("clip is \(limit)") }
      clip = limit
    } else {
      clip = nil
    }
    activations = try Self.activations(call.attributes, directions: directions, defaults: defaults)
    _ = try call.count([length, batch, gates, hidden])
  }

  private static func activations(
    _ attributes: Attributes, directions: Int, defaults: [String]
  ) throws(InferenceError) -> [[RecurrentActivation]] {
    var names: [String] = []
    if case .strings(let given) = attributes["activations"] { names = given }
    if names.isEmpty { names = (0..<directions).flatMap { _ in defaults } }
    guard names.count == directions * defaults.count else {
      throw .invalid("\(names.count) activations do not fit \(directions) directions")
    }
    func list(_ name: String) -> ArraySlice<Float> {
      if case .floats(let values) = attributes[name] { values[...] } else { [] }
    }
    var (alphas, betas) = (list("activation_alpha"), list("activation_beta"))
    var result: [RecurrentActivation] = []
    for name in names { result.append(try RecurrentActivation(name, &alphas, &betas)) }
    return (0..<directions).map { Array(result[($0 * defaults.count)..<(($0 + 1) * defaults.count)]) }
  }

  /// The type of the states at every step, then that of each of `states` last states.
  func results(_ call: OperatorCall, states: Int) throws(InferenceError) -> [TensorType] {
    let all = try call.type(
      type, batchFirst ? [batch, length, directions, hidden] : [length, directions, batch, hidden])
    let last = try call.type(type, batchFirst ? [batch, directions, hidden] : [directions, batch, hidden])
    return [all] + [TensorType](repeating: last, count: states)
  }

  /// The gates of all cells.
  var width: Int { gates * hidden }
  /// Elements of working memory for the gates of every step of one direction.
  var gateElements: Int { length * batch * width }
  /// Between the states of neighbours in the batch.
  var stateStride: Int { batchFirst ? directions * hidden : hidden }
  /// Between the gates of neighbours in the batch.
  var gateStride: Int { batchFirst ? length * width : width }

  func isBackward(_ direction: Int) -> Bool { backwardOnly || direction == 1 }

  /// Where the state of `element` of the batch lies in a last state.
  func state(_ direction: Int, _ element: Int) -> Int {
    (batchFirst ? element * directions + direction : direction * batch + element) * hidden
  }

  /// Where the gates of `element` of the batch at `time` lie.
  func gate(_ time: Int, _ element: Int) -> Int {
    (batchFirst ? element * length + time : time * batch + element) * width
  }

  /// Where the state of `element` of the batch at `time` lies among those of all steps.
  func output(_ time: Int, _ direction: Int, _ element: Int) -> Int {
    (batchFirst
      ? (element * length + time) * directions + direction : (time * directions + direction) * batch + element) * hidden
  }

  // MARK: - What every kind does

  /// The steps of each element of the batch, checked.
  func lengths(_ arguments: KernelArguments) throws(InferenceError) -> Elements<Int32>? {
    guard let lengths = arguments.optional(4).map({ Elements<Int32>($0) }) else { return nil }
    for i in 0..<lengths.count where lengths[i] < 0 || Int(lengths[i]) > length {
      throw .shape("a sequence length of \(lengths[i]) is outside 0...\(length)")
    }
    return lengths
  }

  /// Sets the results of state `index`, its operand 5 + `index`, to where the layer starts from.
  func start<T: RealElement>(_ arguments: KernelArguments, state index: Int, _: T.Type) -> Elements<T> {
    let state = Elements<T>(arguments.outputs[1 + index])
    if let first = arguments.optional(5 + index) {
      arguments.outputs[1 + index].copy(from: first)
    } else {
      state.fill(0)
    }
    return state
  }

  /// gates = weights x + bias, for every step of `direction`. The recurrent bias of the gates from `separate` on is left
  /// out.
  func project<T: RealElement>(
    _ arguments: KernelArguments, _ gates: Elements<T>, direction: Int, separate: Int
  ) {
    let (x, w) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let rows = length * batch
    guard rows > 0 else { return }
    if let bias = arguments.optional(3).map({ Elements<T>($0) }) {
      let base = direction * 2 * width
      for i in 0..<width { gates[i] = bias[base + i] + (i < separate * hidden ? bias[base + width + i] : 0) }
      for row in 1..<max(1, rows) { gates.copy(width, of: gates, from: 0, to: row * width) }
    } else {
      gates.fill(0..<(rows * width), 0)
    }
    MatrixProduct(
      rows: rows, inner: inputs, columns: width, a: MatrixPlace(x, stride: inputs),
      b: MatrixPlace(w, at: direction * width * inputs, stride: inputs), transposed: true,
      y: MatrixPlace(gates, stride: width), beta: 1
    ).run()
  }

  /// target += recurrent weights * source, for all of the batch, or for one element of it: the rows of the weights'
  /// gates `range`. `source` lies at the strides of the states where `states`, else densely.
  func recur<T: RealElement>(
    _ arguments: KernelArguments, direction: Int, gates range: Range<Int>, rows: Int, from source: MatrixPlace<T>,
    into target: MatrixPlace<T>
  ) {
    let r = Elements<T>(arguments.input(2))
    MatrixProduct(
      rows: rows, inner: hidden, columns: range.count * hidden, a: source,
      b: MatrixPlace(r, at: (direction * width + range.lowerBound * hidden) * hidden, stride: hidden),
      transposed: true, y: target, beta: 1
    ).run()
  }

  /// Calls `body` for each step of `direction`, in order, with the time and the elements of the batch that are at it:
  /// all at once where they are all as long.
  func forEachStep(
    _ direction: Int, _ lengths: Elements<Int32>?, _ body: (_ time: Int, _ elements: Range<Int>) -> Void
  ) {
    guard let lengths else {
      for step in 0..<length { body(isBackward(direction) ? length - 1 - step : step, 0..<batch) }
      return
    }
    for element in 0..<batch {
      let own = Int(lengths[element])
      for step in 0..<own { body(isBackward(direction) ? own - 1 - step : step, element..<(element + 1)) }
    }
  }
}
