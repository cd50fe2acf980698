/// Numbers so small that processors compute with them in microcode.
enum Denormals {
  /// `tensor` with every denormal made zero; itself where it has none.
  static func flushed(_ tensor: Tensor) throws(InferenceError) -> Tensor {
    guard tensor.elementType == .float32 else { return tensor }
    let source = Elements<Float>(tensor.host)
    guard (0..<source.count).contains(where: { source[$0].isSubnormal }) else { return tensor }
    let copy = try Tensor(zeros: tensor.type)
    let target = Elements<Float>(copy.host)
    for i in 0..<source.count where !source[i].isSubnormal { target[i] = source[i] }
    return copy
  }

  /// Weights of a sum of products, with those made zero that cannot show in single precision: below 2^-60 of the
  /// largest along the outermost axis, or below 1e-30. Their products would be denormal.
  static func flushedWeights(_ tensor: Tensor) throws(InferenceError) -> Tensor {
    guard tensor.elementType == .float32, let rows = tensor.shape.dimensions.first, rows > 0 else { return tensor }
    let copy = try Tensor(zeros: tensor.type)
    let (source, target) = (Elements<Float>(tensor.host), Elements<Float>(copy.host))
    let length = source.count / rows
    for row in 0..<rows {
      let range = (row * length)..<((row + 1) * length)
      var largest: Float = 0
      for i in range { largest = max(largest, abs(source[i])) }
      let least = max(largest * 0x1p-60, 1e-30)
      for i in range { target[i] = abs(source[i]) < least ? 0 : source[i] }
    }
    return copy
  }
}
