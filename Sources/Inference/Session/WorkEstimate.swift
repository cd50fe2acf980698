/// About how long a node takes on one thread, from its shapes alone, so that it is the same at every load of a model.
///
/// The rates are those of a fast core: a node is rather thought shorter than it is, and then stays on one thread.
struct WorkEstimate {
  /// Microseconds on one thread.
  var time: Double
  /// Whether its kernel can divide the work among threads.
  var isDivisible: Bool
}

extension WorkEstimate {
  /// Multiplications with an addition in a microsecond, of real numbers.
  static let realRate = 50_000.0
  /// The same for bytes.
  static let byteRate: Double =
    switch InferenceLibraries.current.int8Path {
    case "amx": 1_000_000
    case "avx512_vnni": 200_000
    default: 100_000
    }
  /// Bytes that are read or written in a microsecond.
  static let bandwidth = 40_000.0

  /// What oneDNN divides; other operators run on one thread.
  private static let divisible: Set<OperatorKind> = [
    .add, .averagePool, .clip, .conv, .dequantizeLinear, .gemm, .globalAveragePool, .matMul, .maxPool, .mul,
    .quantizeLinear, .relu, .sigmoid, .tanh, .transpose, "Abs", "Div", "Exp", "HardSwish", "LeakyRelu", "Sqrt", "Sub",
  ]

  /// - Parameters:
  ///   - node: the node.
  ///   - graph: where it stands, with the types of all values.
  init(_ node: Node, in graph: Graph) {
    guard !OperatorKind.views.contains(node.kind) else {
      (time, isDivisible) = (0, false)
      return
    }
    var bytes = 0.0
    for case .some(let id) in node.inputs + node.outputs { bytes += Double(graph[id].type?.byteCount ?? 0) }
    var multiplications = 0.0
    switch node.fusion?.operation {
    case .contraction(let core), .product(let core):
      multiplications = Self.multiplications(node, core.kind, in: graph)
      isDivisible = true
    case .dynamicProduct:
      multiplications = Self.multiplications(node, .matMul, in: graph)
      isDivisible = true
    case .pooling, .add, .rows: isDivisible = true
    case .concat, .table: isDivisible = false
    case nil:
      if [.conv, .gemm, .matMul].contains(node.kind) {
        multiplications = Self.multiplications(node, node.kind, in: graph)
      }
      isDivisible = Self.divisible.contains(node.kind)
    }
    let isQuantised = (node.input(0).flatMap { graph[$0].type })?.elementType.isQuantised ?? false
    time = multiplications / (isQuantised ? Self.byteRate : Self.realRate) + bytes / Self.bandwidth
  }

  private static func multiplications(_ node: Node, _ core: OperatorKind, in graph: Graph) -> Double {
    guard let output = node.outputs.first ?? nil, let result = graph[output].type,
      let first = node.input(0).flatMap({ graph[$0].type })
    else { return 0 }
    let count = Double(result.shape.elementCount)
    guard core == .conv else { return count * Double(first.shape.dimensions.last ?? 1) }
    guard let weights = node.input(1).flatMap({ graph[$0].type }), let filters = weights.shape.dimensions.first,
      filters > 0
    else { return 0 }
    return count * Double(weights.shape.elementCount / filters)
  }
}
