/// One step of a plan: what runs, by whom, on what.
public struct StepInfo: Sendable, Hashable {
  /// A tensor that a step reads or writes.
  public struct Operand: Sendable, Hashable {
    /// The element type, as the provider names it: `float32`, `uint8`.
    public let elementType: String
    /// The dimensions, outermost first, as the provider sees them.
    public let dimensions: [Int]
    /// The layout in oneDNN's notation, axes from the outermost inwards and blocks after them: `abcd` is plain, `acdb`
    /// has its channels last, `aBcd16b` has blocks of 16 channels.
    public let layout: String
    /// Bytes that it takes.
    public let byteCount: Int
  }

  /// `oneDNN`, `native` for kernels of our own, or `reference`.
  public let provider: String
  /// The operator, or what was made of several; `copy` for one between layouts.
  public let operation: String
  /// The node that the step computes, as an error would name it; empty for what belongs to no node.
  public let node: String
  /// The provider's name of the implementation: `brgconv:avx512_core_vnni`.
  public let implementation: String
  /// What is read, parameters included.
  public let inputs: [Operand]
  /// What is written.
  public let outputs: [Operand]
  /// Multiplications followed by an addition, for convolutions and products of matrices; 0 for all else.
  public let multiplyAdds: Int
  /// How many branches the step lies in.
  public let depth: Int
  /// The threads that it runs on: those of the plan where dividing the work is worth it, else 1.
  public let threads: Int

  /// Bytes that are read and written, each tensor counted once.
  public var byteCount: Int { (inputs + outputs).reduce(0) { $0 + $1.byteCount } }
}

extension Plan {
  /// All steps in order, those of branches after the step that chooses between them.
  public var stepInfo: [StepInfo] {
    var found: [StepInfo] = []
    func visit(_ steps: [Step], depth: Int) {
      for step in steps {
        found.append(StepInfo(step, depth: depth))
        if case .branch(let branch) = step {
          visit(branch.then, depth: depth + 1)
          visit(branch.otherwise, depth: depth + 1)
        }
      }
    }
    visit(steps, depth: 0)
    return found
  }
}

extension StepInfo {
  fileprivate init(_ step: Step, depth: Int) {
    self.depth = depth
    switch step {
    case .kernel(let step):
      provider = step.provider
      operation = step.operation
      node = step.location
      implementation = step.provider == "reference" ? "plain" : step.provider
      inputs = step.inputs.compactMap { $0.map(Operand.init) }
      outputs = step.outputs.map(Operand.init)
      multiplyAdds = Self.multiplyAdds(step)
      threads = step.threads
    case .branch(let step):
      provider = "reference"
      operation = "If"
      node = ""
      implementation = "plain"
      inputs = [Operand(step.condition)]
      outputs = []
      multiplyAdds = 0
      threads = 1
    case .primitive(let step):
      provider = "oneDNN"
      operation = step.operation
      node = step.location
      implementation = step.primitive.implementation
      (inputs, outputs, multiplyAdds) = step.operands
      threads = step.threads
    }
  }

  /// Counted from shapes: every result is a sum over one window, row or column of the second operand.
  private static func multiplyAdds(_ step: KernelStep) -> Int {
    guard step.inputs.count > 1, let first = step.inputs[0]?.type, let second = step.inputs[1]?.type,
      let result = step.outputs.first?.type
    else { return 0 }
    switch OperatorKind(step.operation) {
    case "Conv", "ConvInteger", "QLinearConv":
      let weights = step.operation == "QLinearConv" ? step.inputs[3]?.type ?? second : second
      return product(result.shape.elementCount, weights.shape.elementCount, over: weights.shape.dimensions.first)
    case "ConvTranspose":
      return product(first.shape.elementCount, second.shape.elementCount, over: second.shape.dimensions.first)
    case "MatMul", "MatMulInteger", "Gemm":
      // A product with a matrix of K rows; Gemm's first operand may lie the other way round.
      guard let rows = result.shape.dimensions.dropLast().last ?? result.shape.dimensions.last, rows > 0 else {
        return 0
      }
      if step.operation == "Gemm" {
        return product(result.shape.elementCount, first.shape.elementCount, over: rows)
      }
      return product(result.shape.elementCount, first.shape.dimensions.last ?? 1, over: 1)
    case "LSTM", "GRU", "RNN":
      // Every step of the sequence multiplies by the weights of its input and of its state.
      let recurrent = step.inputs.count > 2 ? step.inputs[2]?.type.shape.elementCount ?? 0 : 0
      let (weights, overflow) = second.shape.elementCount.addingReportingOverflow(recurrent)
      return overflow ? Int.max : product(weights, first.shape.dimensions.prefix(2).reduce(1, *), over: 1)
    default: return 0
    }
  }

  static func product(_ a: Int, _ b: Int, over c: Int?) -> Int {
    guard let c, c > 0 else { return 0 }
    let (product, overflow) = a.multipliedReportingOverflow(by: b / c)
    return overflow ? Int.max : product
  }
}

extension StepInfo.Operand {
  fileprivate init(_ place: Place) {
    elementType = place.type.elementType.rawValue
    dimensions = place.type.shape.dimensions
    layout = String(String.UnicodeScalarView((0..<min(26, dimensions.count)).compactMap { Unicode.Scalar(97 + $0) }))
    byteCount = place.type.byteCount
  }
}
