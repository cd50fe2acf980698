/// The number of a value in its graph's table.
struct ValueID: Hashable, Sendable {
  let index: Int
}

/// One value: an input, a parameter, a constant or what a node computes.
struct Value: Sendable {
  /// The name in the model; unique names are not promised after passes.
  var name: String
  /// The type where the model declares it, with symbolic dimensions.
  var declared: TensorInfo?
  /// The type after shape inference.
  var type: TensorType?
  /// The contents, where they are known before any input is.
  var content: Content = .computed

  enum Content: Sendable {
    /// A graph input or what a node computes.
    case computed
    /// A named parameter: an initialiser of the model, which training would change.
    case parameter(Tensor)
    /// A literal, or what a pass folded.
    case constant(Tensor)
  }

  /// The contents of a parameter or constant.
  var tensor: Tensor? {
    switch content {
    case .computed: nil
    case .parameter(let tensor), .constant(let tensor): tensor
    }
  }
}

/// A list of nodes in an order in which they can run, with what goes in and comes out.
///
/// A block inside a node reads values of the blocks around it by their numbers: those are its captures.
struct Block: Sendable {
  var inputs: [ValueID] = []
  var outputs: [ValueID] = []
  var nodes: [Node] = []
}

/// One operation on values.
struct Node: Sendable {
  var name: String
  var kind: OperatorKind
  /// The operands; nil where an optional one is absent.
  var inputs: [ValueID?]
  /// The results; nil where one is not wanted.
  var outputs: [ValueID?]
  var attributes = Attributes()
  /// The branches of an `If`, or the nodes that a fused node stands for.
  var blocks: [Block] = []
  /// For nodes that a fusion made: what to compute at once.
  var fusion: Fusion?

  /// The operand at `index`, nil where absent.
  func input(_ index: Int) -> ValueID? { index < inputs.count ? inputs[index] : nil }

  /// What an error names: the node and its operator.
  var location: String { name.isEmpty ? kind.rawValue : "\(name) (\(kind.rawValue))" }
}

/// The name of an operator: the ONNX operator's, with its domain in front where that is not the standard's.
struct OperatorKind: RawRepresentable, Hashable, Sendable {
  let rawValue: String

  init(rawValue: String) { self.rawValue = rawValue }
  init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A model's computation: a table of values shared by all its blocks, and the outermost block.
///
/// Passes take one and return another; none changes the one it was given.
struct Graph: Sendable {
  var name: String = ""
  var values: [Value] = []
  var body = Block()

  subscript(id: ValueID) -> Value {
    get { values[id.index] }
    set { values[id.index] = newValue }
  }

  /// Adds a value and returns its number.
  mutating func add(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(index: values.count - 1)
  }

  /// Adds a constant and returns its number.
  mutating func addConstant(_ tensor: Tensor, name: String) -> ValueID {
    add(Value(name: name, declared: nil, type: tensor.type, content: .constant(tensor)))
  }
}

extension Block {
  /// Every value that a node of this block, or of a block inside it, reads.
  func forEachUse(_ body: (ValueID) -> Void) {
    for node in nodes {
      for case .some(let id) in node.inputs { body(id) }
      for block in node.blocks {
        block.forEachUse(body)
        block.outputs.forEach(body)
      }
    }
  }
}
