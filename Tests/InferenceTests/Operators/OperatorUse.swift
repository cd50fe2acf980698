import Testing

@testable import BraidInference

/// One use of an operator on known tensors, computed by its plain implementation.
struct OperatorUse {
  var kind: OperatorKind
  var attributes: [String: AttributeValue] = [:]
  var outputs = 1
  var limits = ModelLimits.default

  init(_ kind: OperatorKind, _ attributes: [String: AttributeValue] = [:], outputs: Int = 1) {
    self.kind = kind
    self.attributes = attributes
    self.outputs = outputs
  }

  func callAsFunction(_ operands: Tensor?...) throws(InferenceError) -> [Tensor] { try results(operands) }

  func results(_ operands: [Tensor?]) throws(InferenceError) -> [Tensor] {
    var node = Node(
      name: "", kind: kind, inputs: operands.indices.map { operands[$0] == nil ? nil : ValueID(index: $0) },
      outputs: (0..<outputs).map { ValueID(index: 1000 + $0) })
    for (name, value) in attributes { node.attributes[name] = value }
    return try NodeEvaluation(node, OperatorRegistry.definition(of: kind), limits).results(operands)
  }
}

/// A shape of `dimensions`.
func shape(_ dimensions: [Int]) throws -> TensorShape { try #require(TensorShape(dimensions)) }

/// A tensor of `values`, a vector where no shape is given.
func tensor<T: TensorElement>(_ values: [T], _ dimensions: [Int]? = nil) throws -> Tensor {
  let form = try shape(dimensions ?? [values.count])
  return try #require(Tensor(values, shape: form))
}

/// A tensor of whole numbers for shapes and indices.
func integers(_ values: Int...) throws -> Tensor { try tensor(values.map(Int64.init)) }

/// A tensor whose elements count up from 0.
func counting(_ shape: [Int]) throws -> Tensor {
  try tensor((0..<shape.reduce(1, *)).map { Float($0) }, shape)
}

/// Numbers that a seed gives (Steele, Lea and Flood's SplitMix).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
