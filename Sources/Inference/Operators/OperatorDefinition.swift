/// What is known of a value before the plan runs.
struct Fact: Sendable {
  var type: TensorType
  /// The contents, where they depend on no input.
  var tensor: Tensor?

  var shape: TensorShape { type.shape }
  var elementType: ElementType { type.elementType }
}

/// One use of an operator: the node and what is known of its operands.
struct OperatorCall: Sendable {
  let node: Node
  let inputs: [Fact?]
  let limits: ModelLimits

  var attributes: Attributes { node.attributes }

  /// Whether the operand at `index` is there.
  func has(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  /// The operand at `index`.
  func input(_ index: Int) throws(InferenceError) -> Fact {
    guard index < inputs.count, let fact = inputs[index] else { throw .invalid("input \(index) is missing") }
    return fact
  }

  /// The operand at `index` as whole numbers, which must not depend on an input of the model; nil where absent.
  func integers(_ index: Int) throws(InferenceError) -> [Int]? {
    guard has(index) else { return nil }
    guard let integers = try tensor(index).integers else { throw .invalid("input \(index) is not of whole numbers") }
    return integers
  }

  /// The contents of the operand at `index`, which must not depend on an input of the model where shapes are planned;
  /// where nodes are computed one by one, each is known.
  func tensor(_ index: Int) throws(InferenceError) -> Tensor {
    guard let tensor = try input(index).tensor else {
      throw .dependsOnData("input \(index) depends on the data, so no shape can be planned")
    }
    return tensor
  }

  /// A type of `dimensions`, checked against the limits.
  func type(_ elementType: ElementType, _ dimensions: [Int]) throws(InferenceError) -> TensorType {
    guard let shape = TensorShape(dimensions) else { throw .shape("the result would have dimensions \(dimensions)") }
    let type = TensorType(elementType: elementType, shape: shape)
    try limits.check(tensor: type)
    return type
  }

  /// `axis` counted from 0, where it lies within `rank`.
  func axis(_ axis: Int, rank: Int) throws(InferenceError) -> Int {
    let normal = axis < 0 ? axis + rank : axis
    guard normal >= 0, normal < rank else { throw .invalid("axis \(axis) is outside a tensor of rank \(rank)") }
    return normal
  }

  /// The element type of operand `index`, which must be one of `types`.
  func elementType(_ index: Int, oneOf types: Set<ElementType>) throws(InferenceError) -> ElementType {
    let found = try input(index).elementType
    guard types.contains(found) else {
      throw InferenceError(
        .unsupportedOperator, "input \(index) is of type \(found)",
        remedy: "Supported: " + types.map(\.rawValue).sorted().joined(separator: ", "))
    }
    return found
  }
}

/// The windows that a kernel reads and writes. Made once per session, used at every run.
struct KernelArguments {
  /// The operands, as many as the node has; nil where absent.
  let inputs: [HostTensor?]
  /// The results, as many as the shape rule gives.
  let outputs: [HostTensor]
  /// Working memory of at least the size that the kernel asked for, as `float32`.
  let scratch: HostTensor?

  /// The operand at `index`, which the shape rule has found to be there.
  func input(_ index: Int) -> HostTensor {
    guard let tensor = inputs[index] else { preconditionFailure("a kernel reads an absent operand") }
    return tensor
  }

  /// The operand at `index`, nil where absent.
  func optional(_ index: Int) -> HostTensor? { index < inputs.count ? inputs[index] : nil }

  var output: HostTensor { outputs[0] }
}

/// How the reference provider computes one node: shapes known, nothing left to check or allocate.
struct Kernel: Sendable {
  /// Bytes of working memory that `run` needs, and each part that runs at once with others.
  var scratchBytes = 0
  let run: @Sendable (KernelArguments) throws(InferenceError) -> Void
  /// Computes part `index` of `count` of the results: all parts, in any order or at once, compute what `run` does. The
  /// working memory of part `index` begins `index * scratchBytes` behind that of the arguments. Nil where the work is not
  /// divided.
  private(set) var part: (@Sendable (KernelArguments, _ index: Int, _ count: Int) -> Void)?

  init(scratchBytes: Int = 0, run: @escaping @Sendable (KernelArguments) throws(InferenceError) -> Void) {
    self.scratchBytes = scratchBytes
    self.run = run
  }

  /// A kernel whose work can be divided.
  init(scratchBytes: Int, part: @escaping @Sendable (KernelArguments, _ index: Int, _ count: Int) -> Void) {
    self.scratchBytes = scratchBytes
    run = { arguments throws(InferenceError) in part(arguments, 0, 1) }
    self.part = part
  }
}

/// An operator: its shape rule, and its plain implementation, which is its meaning.
struct OperatorDefinition: Sendable {
  let kind: OperatorKind
  /// Whether the operator takes `float16` and `bfloat16` as they are. Where not, its operands of these types become
  /// `float32`, and its `float32` results return to the type of the first such operand.
  let acceptsHalf: Bool
  /// The types of the results, given what is known of the operands.
  let infer: @Sendable (OperatorCall) throws(InferenceError) -> [TensorType]
  /// The plain implementation for these operands and results.
  let kernel: @Sendable (OperatorCall, [TensorType]) throws(InferenceError) -> Kernel

  init(
    _ kind: OperatorKind, acceptsHalf: Bool = false,
    infer: @escaping @Sendable (OperatorCall) throws(InferenceError) -> [TensorType],
    kernel: @escaping @Sendable (OperatorCall, [TensorType]) throws(InferenceError) -> Kernel
  ) {
    self.kind = kind
    self.acceptsHalf = acceptsHalf
    self.infer = { call throws(InferenceError) in
      try OperandTypes.check(call)
      return try infer(call)
    }
    self.kernel = kernel
  }
}

extension OperatorDefinition {
  /// The types that the kernel computes: those of the shape rule, `float32` for half types that it does not know.
  func computedTypes(_ call: OperatorCall) throws(InferenceError) -> [TensorType] {
    let types = try infer(call)
    for type in types { try call.limits.check(tensor: type) }
    guard !acceptsHalf else { return types }
    return types.map { $0.elementType.isHalf ? TensorType(elementType: .float32, shape: $0.shape) : $0 }
  }

  /// The type that result `index` of type `declared` returns to after it was computed, where `half` is the type of the
  /// first operand that was widened; nil where it stays.
  func narrowedType(_ index: Int, _ declared: ElementType, half: ElementType?) -> ElementType? {
    if acceptsHalf { return nil }
    if declared.isHalf { return declared }
    guard declared == .float32, let half else { return nil }
    // Statistics are given in the type in which they are computed.
    return kind == "LayerNormalization" && index > 0 ? nil : half
  }
}

/// All operators that the reference provider runs.
enum OperatorRegistry {
  private static let definitions: [OperatorKind: OperatorDefinition] = {
    let lists = [
      shape, cast, movement, selection, quantisation, resampling,
      convolutions, pooling, normalisation, recurrent, attention, attentionParts, fusedProducts,
      mathematics, activation, arithmetic, comparison, reduction, cumulative, order, softmaxes, product, einsum,
      random, dropout, loss, optimisers, classic,
    ]
    var table: [OperatorKind: OperatorDefinition] = [:]
    for definition in lists.joined() { table[definition.kind] = definition }
    return table
  }()

  /// The names of all operators, sorted.
  static var names: [String] { definitions.keys.map(\.rawValue).sorted() }

  static func definition(of kind: OperatorKind) throws(InferenceError) -> OperatorDefinition {
    guard let definition = definitions[kind] else {
      let parts = kind.rawValue.split(separator: ":", maxSplits: 1)
      let domain = parts.count == 2 ? String(parts[0]) : "ai.onnx"
      throw .unsupported("operator \(parts.last.map(String.init) ?? "") of domain \(domain) is not supported")
    }
    return definition
  }
}
