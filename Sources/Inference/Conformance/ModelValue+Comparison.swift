extension ModelValue {
  /// In what this value differs from the one that was expected.
  ///
  /// Forms, element types and shapes must be the same, whole numbers, booleans and texts exactly so, and floating-point
  /// numbers within the tolerance.
  ///
  /// - Parameters:
  ///   - expected: what it should be.
  ///   - tolerance: for floating-point numbers.
  /// - Returns: a sentence for the first difference of kind, or the worst of number; nil where there is none.
  public func difference(from expected: ModelValue, tolerance: Tolerance = .standard) -> String? {
    switch (self, expected) {
    case (.tensor(let found), .tensor(let expected)): return found.difference(from: expected, tolerance)
    case (.sequence(let found), .sequence(let expected)):
      guard found.count == expected.count else {
        return "a sequence of \(found.count) instead of \(expected.count)"
      }
      for index in found.indices {
        if let difference = found[index].difference(from: expected[index], tolerance: tolerance) {
          return "element \(index): \(difference)"
        }
      }
      return nil
    case (.optional(nil), .optional(nil)): return nil
    case (.optional(let found?), .optional(let expected?)):
      return found.difference(from: expected, tolerance: tolerance)
    case (.optional(nil), .optional): return "nothing instead of a value"
    case (.optional, .optional(nil)): return "a value instead of nothing"
    // A model may give what its output declares as optional without wrapping it.
    case (let found, .optional(let expected?)): return found.difference(from: expected, tolerance: tolerance)
    case (.optional(let found?), let expected): return found.difference(from: expected, tolerance: tolerance)
    default: return "\(form) instead of \(expected.form)"
    }
  }

  private var form: String {
    switch self {
    case .tensor: "a tensor"
    case .sequence: "a sequence"
    case .optional(let value): value == nil ? "nothing" : "an option"
    }
  }
}

extension Tensor {
  fileprivate func difference(from expected: Tensor, _ tolerance: Tolerance) -> String? {
    guard elementType == expected.elementType else { return "\(elementType) instead of \(expected.elementType)" }
    guard shape == expected.shape else { return "shape \(shape) instead of \(expected.shape)" }
    if elementType == .string {
      let (found, wanted) = (strings, expected.strings)
      guard let index = found.indices.first(where: { found[$0] != wanted[$0] }) else { return nil }
      return "\"\(found[index])\" instead of \"\(wanted[index])\" at \(position(index))"
    }
    let isReal = elementType.rawValue.contains("float")
    // Most tensors are the same to the bit; 64-bit whole numbers are not all numbers of double precision.
    let (bytes, wantedBytes) = (bytes, expected.bytes)
    if bytes == wantedBytes { return nil }
    let (found, wanted) = (doubles, expected.doubles)
    guard found.count == wanted.count else { return "\(found.count) elements instead of \(wanted.count)" }
    let width = elementType.byteCount
    var count = 0
    var worst = 0
    var distance = -1.0
    for index in found.indices {
      let isEqual =
        isReal
        ? tolerance.accepts(found[index], for: wanted[index])
        : bytes[index * width..<(index + 1) * width] == wantedBytes[index * width..<(index + 1) * width]
      if isEqual { continue }
      count += 1
      let between = (found[index] - wanted[index]).magnitude
      if between > distance || !between.isFinite {
        distance = between.isFinite ? between : .infinity
        worst = index
      }
    }
    guard count > 0 else { return nil }
    return "\(count) of \(found.count) differ, most at \(position(worst)): \(found[worst]) instead of \(wanted[worst])"
  }

  /// The index along each axis of element `index`.
  private func position(_ index: Int) -> String {
    var rest = index
    let places = shape.strides.map { stride in
      defer { rest %= stride }
      return String(rest / stride)
    }
    return "[\(places.joined(separator: ", "))]"
  }
}
