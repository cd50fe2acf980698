extension ElementType {
  /// `kernel` for elements of this type as they are stored: whole numbers of fewer than eight bits as such of eight,
  /// texts as their numbers, which are in the texts' order.
  func numberKernel(_ kernel: some NumberKernel, scratchBytes: Int = 0) throws(InferenceError) -> Kernel {
    let stored: ElementType =
      switch self {
      case .int4, .int2: .int8
      case .uint4, .uint2: .uint8
      case .string: .int64
      default: self
      }
    return try Kernel(kernel, of: stored, scratchBytes: scratchBytes)
  }
}
