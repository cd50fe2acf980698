import BraidTestSupport
import Testing

@testable import BraidInference

/// A graph made node by node, and what a plan of it gives.
struct GraphBuilder {
  var graph = Graph()
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A whole number within `range`.
  mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func numbers(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &random) }
  }

  mutating func input(_ name: String, _ dimensions: [Int], _ type: ElementType = .float32) -> ValueID {
    let info = TensorInfo(
      name: name, elementType: type, dimensions: dimensions.map(Dimension.fixed), quantization: nil)
    let id = graph.add(Value(name: name, declared: info))
    graph.body.inputs.append(id)
    return id
  }

  mutating func constant<T: TensorElement>(_ values: [T], _ dimensions: [Int]) throws -> ValueID {
    let shape = try #require(TensorShape(dimensions))
    let tensor = try #require(Tensor(values, shape: shape))
    return graph.addConstant(tensor, name: "c\(graph.values.count)")
  }

  mutating func node(
    _ kind: OperatorKind, _ inputs: [ValueID?], _ attributes: [String: AttributeValue] = [:]
  ) -> ValueID {
    let output = graph.add(Value(name: "v\(graph.values.count)"))
    var node = Node(name: "", kind: kind, inputs: inputs, outputs: [output])
    for (name, value) in attributes { node.attributes[name] = value }
    graph.body.nodes.append(node)
    return output
  }

  /// A conversion to stored values and back; the stored ones alone where `isOpen`.
  mutating func quantise(
    _ x: ValueID, scale: Float, zero: Int, signed: Bool = false, isOpen: Bool = false
  ) throws -> ValueID {
    let step = try constant([scale], [])
    let point = try signed ? constant([Int8(zero)], []) : constant([UInt8(zero)], [])
    let stored = node(.quantizeLinear, [x, step, point])
    return isOpen ? stored : node(.dequantizeLinear, [stored, step, point])
  }

  mutating func output(_ ids: ValueID...) { graph.body.outputs += ids }

  /// What a plan gives for random inputs from -3 to 3, real numbers whatever the type; and its steps.
  func run(_ optimisation: SessionOptions.Optimisation, seed: UInt64) throws -> (outputs: [[Float]], steps: [String]) {
    var options = SessionOptions()
    options.optimisation = optimisation
    let plan = try Plan(Model(graph: graph, name: "test"), options: options)
    let session = try InferenceSession(plan)
    var random = SeededGenerator(seed: seed)
    for index in session.inputs.indices {
      try session.withInput(index, as: Float.self) { values in
        for place in 0..<values.count { values[place] = Float.random(in: -3...3, using: &random) }
      }
    }
    try session.run()
    var outputs: [[Float]] = []
    for (index, info) in session.outputs.enumerated() {
      switch info.elementType {
      case .uint8:
        outputs.append(
          try session.withOutput(index, as: UInt8.self) { span in (0..<span.count).map { Float(span[$0]) } })
      case .int8:
        outputs.append(
          try session.withOutput(index, as: Int8.self) { span in (0..<span.count).map { Float(span[$0]) } })
      default:
        outputs.append(try session.withOutput(index, as: Float.self) { span in (0..<span.count).map { span[$0] } })
      }
    }
    return (outputs, plan.stepDescriptions)
  }

  /// The largest distance of the fused plan's outputs from the reference's, in parts of the largest value or, for stored
  /// values, in steps; the fused plan's steps.
  func deviation(seed: UInt64) throws -> (Float, steps: [String]) {
    let wanted = try run(.reference, seed: seed).outputs
    let (given, steps) = try run(.fused, seed: seed)
    var worst: Float = 0
    for (w, g) in zip(wanted, given) {
      try #require(w.count == g.count)
      let isStored = w.allSatisfy { $0 == $0.rounded() }
      let largest = isStored ? 1 : max(1e-6, w.map(abs).max() ?? 0)
      for (a, b) in zip(w, g) { worst = max(worst, abs(a - b) / largest) }
    }
    return (worst, steps)
  }
}
