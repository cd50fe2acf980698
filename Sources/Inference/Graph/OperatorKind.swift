/// Operators that passes and lowerings speak of by name.
extension OperatorKind {
  static let add: Self = "Add"
  static let averagePool: Self = "AveragePool"
  static let batchNormalization: Self = "BatchNormalization"
  static let cast: Self = "Cast"
  static let clip: Self = "Clip"
  static let concat: Self = "Concat"
  static let constant: Self = "Constant"
  static let conv: Self = "Conv"
  static let dequantizeLinear: Self = "DequantizeLinear"
  static let flatten: Self = "Flatten"
  static let gemm: Self = "Gemm"
  static let globalAveragePool: Self = "GlobalAveragePool"
  static let identity: Self = "Identity"
  static let `if`: Self = "If"
  static let logSoftmax: Self = "LogSoftmax"
  static let matMul: Self = "MatMul"
  static let maxPool: Self = "MaxPool"
  static let mul: Self = "Mul"
  static let pad: Self = "Pad"
  static let quantizeLinear: Self = "QuantizeLinear"
  static let relu: Self = "Relu"
  static let reshape: Self = "Reshape"
  static let resize: Self = "Resize"
  static let sigmoid: Self = "Sigmoid"
  static let slice: Self = "Slice"
  static let softmax: Self = "Softmax"
  static let squeeze: Self = "Squeeze"
  static let tanh: Self = "Tanh"
  static let transpose: Self = "Transpose"
  static let unsqueeze: Self = "Unsqueeze"

  /// Operators that give the same elements another shape.
  static let views: Set<OperatorKind> = [.reshape, .squeeze, .unsqueeze, .flatten, .identity]
}

extension OperatorKind: ExpressibleByStringLiteral {
  /// The operator of this name, the domain in front where it is not the standard's.
  init(stringLiteral value: String) { self.init(rawValue: value) }
}
