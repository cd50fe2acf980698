/// How large a model is, and what a run of it takes.
public struct ModelSize: Sendable, Hashable {
  /// Numbers in all parameters.
  public let parameters: Int
  /// Bytes of all parameters, as the file has them.
  public let parameterBytes: Int
  /// Multiplications followed by an addition in one run, over convolutions, products of matrices and recurrent layers;
  /// both branches of a choice count. Nil where shapes depend on the data.
  public let multiplyAdds: Int?
}

extension Model {
  /// How large the model is.
  ///
  /// - Parameter options: the shapes with which it would run.
  /// - Returns: its size; without operations where no plan of these shapes can be made.
  public func size(options: SessionOptions = SessionOptions()) -> ModelSize {
    var (count, bytes) = (0, 0)
    for value in graph.values {
      guard case .parameter(let tensor) = value.content else { continue }
      count += tensor.shape.elementCount
      bytes += tensor.type.byteCount
    }
    // The plain plan has a step for every node of the model, whatever fusions would make of it.
    var plain = options
    plain.optimisation = .reference
    let steps = (try? Plan(self, options: plain))?.stepInfo
    return ModelSize(
      parameters: count, parameterBytes: bytes,
      multiplyAdds: steps?.reduce(0) { sum, step in
        let (total, overflow) = sum.addingReportingOverflow(step.multiplyAdds)
        return overflow ? Int.max : total
      })
  }
}

extension Plan {
  /// Bytes of the parameters as the plan's kernels take them, and of its other constants.
  public var constantByteCount: Int {
    var seen: Set<ObjectIdentifier> = []
    return slots.reduce(0) { sum, slot in
      guard let constant = slot.constant, seen.insert(ObjectIdentifier(constant)).inserted else { return sum }
      return sum + constant.byteCount
    }
  }
}
