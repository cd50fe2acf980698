/// Tensors put together and taken apart, whatever their elements.
extension Tensor {
  /// What lies at `place` along `axis`, without that axis.
  func part(_ place: Int, axis: Int) throws(InferenceError) -> Tensor {
    let result = try range(place..<(place + 1), axis: axis)
    var dimensions = shape.dimensions
    dimensions.remove(at: axis)
    guard let shape = TensorShape(dimensions) else { throw .shape("a part would have dimensions \(dimensions)") }
    return result.reshaped(shape)
  }

  /// What lies in `places` along `axis`; both lie within the shape.
  func range(_ places: Range<Int>, axis: Int) throws(InferenceError) -> Tensor {
    var dimensions = shape.dimensions
    let size = dimensions[axis]
    precondition(places.lowerBound >= 0 && places.upperBound <= size, "a part outside a tensor")
    dimensions[axis] = places.count
    guard let shape = TensorShape(dimensions) else { throw .shape("a part would have dimensions \(dimensions)") }
    let result = try Tensor(zeros: TensorType(elementType: elementType, shape: shape))
    guard shape.elementCount > 0 else { return with(result) }
    let row = self.shape.product((axis + 1)..<self.shape.rank) * elementType.byteCount
    for outer in 0..<self.shape.product(0..<axis) {
      unsafe (result.storage.pointer + outer * places.count * row).copyMemory(
        from: storage.pointer + (outer * size + places.lowerBound) * row, byteCount: places.count * row)
    }
    return with(result)
  }

  private func with(_ result: Tensor) -> Tensor {
    Tensor(type: result.type, storage: result.storage, texts: texts)
  }

  /// `tensors`, of which there is one at least, along a new `axis`, which lies within the result.
  static func stacked(_ tensors: [Tensor], axis: Int, _ limits: ModelLimits) throws(InferenceError) -> Tensor {
    var unsqueezed: [Tensor] = []
    for tensor in tensors {
      guard tensor.shape == tensors[0].shape else {
        throw .shape("\(tensor.shape) and \(tensors[0].shape) cannot be stacked")
      }
      var dimensions = tensor.shape.dimensions
      dimensions.insert(1, at: axis)
      guard let shape = TensorShape(dimensions) else { throw .shape("a row would have dimensions \(dimensions)") }
      unsqueezed.append(tensor.reshaped(shape))
    }
    return try joined(unsqueezed, axis: axis, limits)
  }

  /// `tensors`, of which there is one at least, one after the other along `axis`.
  static func joined(_ tensors: [Tensor], axis: Int, _ limits: ModelLimits) throws(InferenceError) -> Tensor {
    let tensors = try sharingTexts(tensors)
    let first = tensors[0]
    var dimensions = first.shape.dimensions
    guard dimensions.indices.contains(axis) else { throw .invalid("axis \(axis) is outside \(first.shape)") }
    dimensions[axis] = 0
    for tensor in tensors {
      guard tensor.elementType == first.elementType, tensor.shape.rank == dimensions.count,
        dimensions.indices.allSatisfy({ $0 == axis || tensor.shape[$0] == first.shape[$0] })
      else { throw .shape("\(tensor.shape) does not continue \(first.shape) along axis \(axis)") }
      dimensions[axis] = dimensions[axis].addingReportingOverflow(tensor.shape[axis]).partialValue
    }
    guard let shape = TensorShape(dimensions) else { throw .shape("the result would have dimensions \(dimensions)") }
    let type = TensorType(elementType: first.elementType, shape: shape)
    try limits.check(tensor: type)
    let result = try Tensor(zeros: type)
    guard shape.elementCount > 0 else { return first.with(result) }
    let row = shape.product((axis + 1)..<shape.rank) * first.elementType.byteCount
    var place = 0
    for tensor in tensors {
      let part = tensor.shape[axis] * row
      for outer in 0..<shape.product(0..<axis) where part > 0 {
        unsafe (result.storage.pointer + outer * shape[axis] * row + place).copyMemory(
          from: tensor.storage.pointer + outer * part, byteCount: part)
      }
      place += part
    }
    return first.with(result)
  }

  /// The same tensors, those of texts numbered by one table.
  static func sharingTexts(_ tensors: [Tensor]) throws(InferenceError) -> [Tensor] {
    let tables = tensors.filter { $0.elementType == .string }.map(\.texts)
    guard tables.count > 1, tables.contains(where: { $0 != tables[0] }) else { return tensors }
    let all = table(tables)
    var result: [Tensor] = []
    for tensor in tensors {
      guard tensor.elementType == .string else {
        result.append(tensor)
        continue
      }
      guard let numbered = tensor.numbered(by: all) else { throw .limit("texts do not fit the memory") }
      result.append(numbered)
    }
    return result
  }
}
