/// What a fused node computes at once. The node's block holds the nodes that it stands for, which are its meaning.
struct Fusion: Sendable {
  /// What follows a convolution or product, in order.
  enum Following: Sendable {
    case relu
    case leakyRelu(Float)
    case clip(Float, Float)
    case sigmoid
    case tanh
    /// x times the sigmoid of x.
    case swish
    /// x times min(max(x / 6 + 1/2, 0), 1).
    case hardSwish
    /// The sum with the fused node's operand of this index.
    case add(Int)
    /// Rounding and bounding to the values that this type and meaning can store.
    case stored(Quantization, ElementType)
    /// The sum with the quantised operand of this index, whose stored values mean this.
    case addQuantised(Int, Quantization)

    /// Whether it commutes with a positive factor, so that it may act on quantised values.
    var scales: Bool {
      switch self {
      case .relu, .leakyRelu, .clip: true
      case .sigmoid, .tanh, .swish, .hardSwish, .add, .stored, .addQuantised: false
      }
    }
  }

  indirect enum Operation: Sendable {
    /// `Conv`, `Gemm` or `MatMul` with constant weights: operands x, weights, bias (real, constant), addends.
    case contraction(Node)
    /// Average pooling of quantised values whose scale stays the same.
    case pooling(Node)
    /// Quantised operands, each of its own scale, joined along an axis.
    case concat(axis: Int)
    /// The sum of two quantised operands.
    case add
    /// What each stored byte becomes, uint8 [channels, 256]: one table for all channels, or one for each.
    case table(Tensor)
    /// The product of two operands that are both computed.
    case product(Node)
    /// A product of dynamically quantised values with constant weights: operands stored values, their scale, their zero
    /// point, weights, bias (constant).
    case dynamicProduct
    /// A chain of operations on rows, the nodes of the block.
    case rows
  }

  var operation: Operation
  /// The meaning of the stored values of each quantised operand.
  var inputQuantizations: [Quantization] = []
  /// The scales of the weights: one, or one for each output channel. Empty where the weights are real.
  var weightScales: [Float] = []
  var following: [Following] = []
  /// The meaning of the stored values of the result; nil where that is real.
  var outputQuantization: Quantization?

  /// The meaning of the first operand's stored values, nil where they are real.
  var inputQuantization: Quantization? { inputQuantizations.first }
}

extension OperatorKind {
  /// A node that a fusion made.
  static let fused: Self = "Fused"
}
