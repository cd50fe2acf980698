internal import CKernels

/// A chain of operations on rows, as stages for registers that each hold some rows.
struct RowProgram {
  /// One thing that is read: the value, and how its elements lie to those of the result.
  struct Operand {
    let value: ValueID
    let type: TensorType
  }

  private(set) var stages: [braid_row_stage] = []
  private(set) var operands: [Operand] = []
  private(set) var registerCount = 0
  /// Whether a stage works along whole rows of the last axis.
  private(set) var needsRows = false

  private let graph: Graph
  private var free: [Int32] = []
  private var registers: [ValueID: Int32] = [:]
  /// Quantised values of the chain itself: the register of the real value, and how it was quantised.
  private var quantised: [ValueID: (source: ValueID, quantization: Quantization, type: ElementType)] = [:]
  private var lastUse: [ValueID: Int] = [:]

  /// The most registers that a program may use.
  private static let limit = 16

  /// Compiles the nodes of `block`, whose outputs are the results; nil where it takes too many registers.
  init?(_ block: Block, in graph: Graph) {
    self.graph = graph
    for (place, node) in block.nodes.enumerated() {
      for case .some(let id) in node.inputs { lastUse[id] = place }
    }
    // What is quantised lives until it is read back.
    for node in block.nodes.reversed() where node.kind == .quantizeLinear {
      guard let stored = node.outputs.first ?? nil, let source = node.input(0) else { return nil }
      if let end = lastUse[stored] { lastUse[source] = max(lastUse[source] ?? 0, end) }
    }
    for (place, node) in block.nodes.enumerated() {
      guard compile(node, at: place, results: block.outputs) else { return nil }
      for (value, register) in registers where (lastUse[value] ?? -1) <= place {
        registers[value] = nil
        free.append(register)
      }
      free.sort(by: >)
    }
  }

  private mutating func emit(
    _ operation: braid_row_operation, to target: Int32 = 0, _ left: Int32 = 0, _ right: Int32 = 0, index: Int = 0,
    p: Float = 0, q: Float = 0
  ) {
    stages.append(
      braid_row_stage(
        operation: Int32(operation.rawValue), target: target, left: left, right: right, index: Int32(index), p: p, q: q)
    )
  }

  private mutating func allocate() -> Int32? {
    if let register = free.popLast() { return register }
    guard registerCount < Self.limit else { return nil }
    registerCount += 1
    return Int32(registerCount - 1)
  }

  /// The register that holds `id`, loaded where it comes from outside.
  private mutating func register(_ id: ValueID?) -> Int32? {
    guard let id else { return nil }
    if let register = registers[id] { return register }
    guard let type = graph[id].type, type.elementType == .float32, let target = allocate() else { return nil }
    emit(BRAID_ROW_LOAD_F32, to: target, index: operand(id, type))
    registers[id] = target
    return target
  }

  private mutating func operand(_ id: ValueID, _ type: TensorType) -> Int {
    if let index = operands.firstIndex(where: { $0.value == id }) { return index }
    operands.append(Operand(value: id, type: type))
    return operands.count - 1
  }

  private mutating func compile(_ node: Node, at place: Int, results: [ValueID]) -> Bool {
    guard let output = node.outputs.first ?? nil, let first = node.input(0) else { return false }
    if node.kind == .quantizeLinear {
      guard let quantization = Quantization(parametersOf: node, in: graph), let type = graph[output].type?.elementType,
        let source = register(first)
      else { return false }
      quantised[output] = (first, quantization, type)
      if let index = results.firstIndex(of: output) {
        emit(
          type == .int8 ? BRAID_ROW_STORE_S8 : BRAID_ROW_STORE_U8, source, index: index, p: quantization.scale,
          q: Float(quantization.zeroPoint))
      }
      return true
    }
    guard let target = node.kind == .dequantizeLinear ? load(node, first) : compute(node, first) else { return false }
    registers[output] = target
    if let index = results.firstIndex(of: output) { emit(BRAID_ROW_STORE_F32, target, index: index) }
    return true
  }

  private mutating func load(_ node: Node, _ stored: ValueID) -> Int32? {
    guard let quantization = Quantization(parametersOf: node, in: graph), let target = allocate() else { return nil }
    let (p, q) = (quantization.scale, Float(quantization.zeroPoint))
    if let own = quantised[stored] {
      guard own.quantization == quantization, let source = registers[own.source] else { return nil }
      emit(own.type == .int8 ? BRAID_ROW_ROUND_S8 : BRAID_ROW_ROUND_U8, to: target, source, p: p, q: q)
      return target
    }
    guard let type = graph[stored].type, type.elementType.isQuantised else { return nil }
    emit(
      type.elementType == .int8 ? BRAID_ROW_LOAD_S8 : BRAID_ROW_LOAD_U8, to: target, index: operand(stored, type), p: p,
      q: q)
    return target
  }

  private mutating func compute(_ node: Node, _ first: ValueID) -> Int32? {
    switch node.kind {
    case .add, .mul, "Sub", "Div": return join(node, first)
    case "Pow":
      guard let source = register(first), let target = allocate() else { return nil }
      if graph.scalar(node.input(1)) == 0.5 {
        emit(BRAID_ROW_SQUARE_ROOT, to: target, source)
        return target
      }
      emit(BRAID_ROW_MULTIPLY, to: target, source, source)
      if graph.scalar(node.input(1)) == 3 { emit(BRAID_ROW_MULTIPLY, to: target, target, source) }
      return target
    case "LayerNormalization", .softmax: return normalise(node, first)
    default: break
    }
    guard let source = register(first), let target = allocate() else { return nil }
    switch node.kind {
    case .relu: emit(BRAID_ROW_CLIP, to: target, source, p: 0, q: .infinity)
    case .clip:
      guard let bounds = RowOperators.clipBounds(node, in: graph) else { return nil }
      emit(BRAID_ROW_CLIP, to: target, source, p: bounds.low, q: bounds.high)
    case "LeakyRelu":
      guard let alpha = try? node.attributes.float("alpha", default: 0.01) else { return nil }
      emit(BRAID_ROW_LEAKY_RELU, to: target, source, p: alpha)
    case "PRelu":
      guard let slope = graph.scalar(node.input(1)) else { return nil }
      emit(BRAID_ROW_LEAKY_RELU, to: target, source, p: slope)
    case "Neg": emit(BRAID_ROW_AFFINE, to: target, source, p: -1, q: 0)
    case "Sqrt": emit(BRAID_ROW_SQUARE_ROOT, to: target, source)
    case "Reciprocal": emit(BRAID_ROW_RECIPROCAL, to: target, source)
    case "Abs": emit(BRAID_ROW_ABSOLUTE, to: target, source)
    case "Exp": emit(BRAID_ROW_EXPONENTIAL, to: target, source)
    case "Erf": emit(BRAID_ROW_ERROR_FUNCTION, to: target, source)
    case .sigmoid: emit(BRAID_ROW_SIGMOID, to: target, source)
    case .tanh: emit(BRAID_ROW_TANH, to: target, source)
    case "Gelu": emit(BRAID_ROW_GELU, to: target, source)
    default: return nil
    }
    return target
  }

  private mutating func normalise(_ node: Node, _ first: ValueID) -> Int32? {
    guard let source = register(first), let target = allocate() else { return nil }
    needsRows = true
    if node.kind == .softmax {
      emit(BRAID_ROW_SOFTMAX, to: target, source)
      return target
    }
    guard let epsilon = try? node.attributes.float("epsilon", default: 1e-5) else { return nil }
    emit(BRAID_ROW_NORMALISE, to: target, source, p: epsilon)
    for (position, operation) in [(1, BRAID_ROW_MULTIPLY), (2, BRAID_ROW_ADD)] {
      guard let id = node.input(position) else { continue }
      guard let factor = register(id) else { return nil }
      emit(operation, to: target, target, factor)
    }
    return target
  }

  private mutating func join(_ node: Node, _ first: ValueID) -> Int32? {
    guard let second = node.input(1) else { return nil }
    if let c = graph.scalar(second) {
      guard let source = register(first), let target = allocate() else { return nil }
      switch node.kind {
      case .add: emit(BRAID_ROW_AFFINE, to: target, source, p: 1, q: c)
      case "Sub": emit(BRAID_ROW_AFFINE, to: target, source, p: 1, q: -c)
      case .mul: emit(BRAID_ROW_AFFINE, to: target, source, p: c, q: 0)
      default:
        guard (1 / c).isFinite else { return nil }
        emit(BRAID_ROW_AFFINE, to: target, source, p: 1 / c, q: 0)
      }
      return target
    }
    if let c = graph.scalar(first) {
      guard let source = register(second), let target = allocate() else { return nil }
      switch node.kind {
      case .add: emit(BRAID_ROW_AFFINE, to: target, source, p: 1, q: c)
      case "Sub": emit(BRAID_ROW_AFFINE, to: target, source, p: -1, q: c)
      case .mul: emit(BRAID_ROW_AFFINE, to: target, source, p: c, q: 0)
      default:
        emit(BRAID_ROW_RECIPROCAL, to: target, source)
        emit(BRAID_ROW_AFFINE, to: target, target, p: c, q: 0)
      }
      return target
    }
    let operations: [OperatorKind: braid_row_operation] = [
      .add: BRAID_ROW_ADD, "Sub": BRAID_ROW_SUBTRACT, .mul: BRAID_ROW_MULTIPLY, "Div": BRAID_ROW_DIVIDE,
    ]
    guard let left = register(first), let right = register(second), let target = allocate(),
      let operation = operations[node.kind]
    else { return nil }
    emit(operation, to: target, left, right)
    return target
  }
}
