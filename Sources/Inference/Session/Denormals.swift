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
}
