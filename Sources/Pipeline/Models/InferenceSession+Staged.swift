internal import BraidInference

extension InferenceSession {
  /// Writes values to an input of any element type: as they are where the type has a scale or a fraction, else rounded and
  /// held to the type's range.
  func write(staged values: [Float], to input: Int) throws(InferenceError) {
    let info = inputs[input]
    switch (info.elementType, info.quantization) {
    case (.uint8, nil): try writeWhole(values, to: input, as: UInt8.self)
    case (.int8, nil): try writeWhole(values, to: input, as: Int8.self)
    default: try write(values.span, toInput: input)
    }
  }

  /// Reads an output as real numbers into the first of `values`, of which there must be enough.
  func read(output: Int, into values: inout [Float]) throws(InferenceError) {
    var destination = values.mutableSpan
    try read(output: output, into: &destination)
  }

  private func writeWhole<Whole: TensorElement & FixedWidthInteger>(
    _ values: [Float], to input: Int, as type: Whole.Type
  ) throws(InferenceError) {
    try withInput(input, as: type) { target in
      for index in 0..<min(target.count, values.count) {
        target[index] = Whole(max(Float(Whole.min), min(Float(Whole.max), values[index].rounded())))
      }
    }
  }
}
