extension Tensor {
  /// The same values in a type that NumPy does not have, where the array is of the one that stands in for it: `float32`
  /// for `bfloat16`, the codes in `int8` or `uint8` for whole numbers of fewer bits. Anything else as it is.
  ///
  /// - Parameter type: the type that is wanted.
  /// - Returns: the values, in `type` where they can be.
  public func converted(toInput type: ElementType?) -> Tensor {
    switch (elementType, type) {
    case (.float32, .bfloat16):
      let codes = array(of: Float.self).map { BFloat.encode($0) }
      return Tensor(codes, shape: shape)?.viewed(as: .bfloat16) ?? self
    case (.int8, .int4), (.int8, .int2):
      let bits = type == .int4 ? 3 : 1
      guard let type, array(of: Int8.self).allSatisfy({ $0 >= -(1 << bits) && $0 < 1 << bits }) else { return self }
      return viewed(as: type)
    case (.uint8, .uint4), (.uint8, .uint2):
      guard let type, array(of: UInt8.self).allSatisfy({ $0 < (type == .uint4 ? 16 : 4) }) else { return self }
      return viewed(as: type)
    default: return self
    }
  }
}
