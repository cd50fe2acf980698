/// Operators on sequences and options.
extension Interpreter {
  /// The result of a node whose operator makes or takes a sequence or an option.
  func sequenceResult(_ node: Node) throws(InferenceError) -> ModelValue {
    switch node.kind {
    case "SequenceEmpty": return .sequence([])
    case "SequenceConstruct":
      var values: [ModelValue] = []
      for index in node.inputs.indices { values.append(.tensor(try required(index, of: node))) }
      return .sequence(values)
    case "SequenceLength": return try number(Int64(sequence(0, of: node).count))
    case "SequenceAt":
      let values = try sequence(0, of: node)
      return values[try position(1, of: node, count: values.count, default: nil)]
    case "SequenceErase":
      var values = try sequence(0, of: node)
      values.remove(at: try position(1, of: node, count: values.count, default: values.count - 1))
      return .sequence(values)
    case "SequenceInsert":
      var values = try sequence(0, of: node)
      let tensor = try required(1, of: node)
      if let other = values.first?.tensor, other.elementType != tensor.elementType {
        throw .invalid("a \(tensor.elementType) tensor in a sequence of \(other.elementType) tensors")
      }
      values.insert(.tensor(tensor), at: try position(2, of: node, count: values.count + 1, default: values.count))
      return .sequence(values)
    case "SplitToSequence": return .sequence(try split(node))
    case "ConcatFromSequence": return .tensor(try concat(node))
    case "Optional":
      guard let value = try operand(0, of: node) else { return .optional(nil) }
      return .optional(value)
    case "OptionalGetElement":
      guard let value = try operand(0, of: node) else { throw .invalid("input 0 is missing") }
      guard case .optional(let inner) = value else { return value }
      guard let inner else { throw .invalid("the option holds nothing") }
      return inner
    case "OptionalHasElement":
      let value = try operand(0, of: node)
      let holds = if case .optional(let inner)? = value { inner != nil } else { value != nil }
      guard let tensor = Tensor([UInt8(holds ? 1 : 0)], shape: .scalar) else { throw .limit("there is no memory") }
      return .tensor(tensor.viewed(as: .bool))
    default: throw .unsupported("operator \(node.kind.rawValue) on sequences")
    }
  }

  func required(_ index: Int, of node: Node) throws(InferenceError) -> Tensor {
    guard let tensor = try tensor(index, of: node) else { throw .invalid("input \(index) is missing") }
    return tensor
  }

  private func sequence(_ index: Int, of node: Node) throws(InferenceError) -> [ModelValue] {
    switch try operand(index, of: node) {
    case .sequence(let values), .optional(.sequence(let values)): return values
    default: throw .invalid("input \(index) is not a sequence")
    }
  }

  private func number(_ value: Int64) throws(InferenceError) -> ModelValue {
    guard let tensor = Tensor([value], shape: .scalar) else { throw .limit("there is no memory") }
    return .tensor(tensor)
  }

  /// The place among `count` that operand `index` names, counted from the end where negative.
  private func position(
    _ index: Int, of node: Node, count: Int, default fallback: Int?
  ) throws(InferenceError) -> Int {
    var place = fallback
    // An insertion counts its negative places from the end of what is there before.
    let length = node.kind == "SequenceInsert" ? count - 1 : count
    if let tensor = try tensor(index, of: node) {
      guard let values = tensor.integers, values.count == 1 else { throw .invalid("its position is not one number") }
      place = values[0] < 0 ? values[0] &+ length : values[0]
    }
    guard let place else { throw .invalid("input \(index) is missing") }
    guard place >= 0, place < count else { throw .shape("position \(place) is outside a sequence of \(length)") }
    return place
  }

  private func split(_ node: Node) throws(InferenceError) -> [ModelValue] {
    let x = try required(0, of: node)
    guard let axis = x.shape.normalise(axis: try node.attributes.int("axis", default: 0)) else {
      throw .invalid("its axis is outside \(x.shape)")
    }
    let size = x.shape[axis]
    guard let lengths = try tensor(1, of: node) else {
      let keeps = try node.attributes.int("keepdims", default: 1) != 0
      var parts: [ModelValue] = []
      for place in 0..<size {
        try step()
        parts.append(.tensor(try keeps ? x.range(place..<(place + 1), axis: axis) : x.part(place, axis: axis)))
      }
      return parts
    }
    guard let values = lengths.integers, lengths.shape.rank <= 1, values.allSatisfy({ $0 >= 0 && $0 <= size }) else {
      throw .invalid("its lengths are no whole numbers within axis \(axis)")
    }
    var parts: [ModelValue] = []
    var place = 0
    if lengths.shape.rank == 0 {
      guard values[0] > 0 else { throw .invalid("its length is 0") }
      while place < size {
        try step()
        parts.append(.tensor(try x.range(place..<min(size, place + values[0]), axis: axis)))
        place += values[0]
      }
      return parts
    }
    for length in values {
      try step()
      guard length <= size - place else { throw .shape("lengths \(values) do not make up axis \(axis) of \(x.shape)") }
      parts.append(.tensor(try x.range(place..<(place + length), axis: axis)))
      place += length
    }
    guard place == size else { throw .shape("lengths \(values) do not make up axis \(axis) of \(x.shape)") }
    return parts
  }

  private func concat(_ node: Node) throws(InferenceError) -> Tensor {
    var tensors: [Tensor] = []
    for value in try sequence(0, of: node) {
      guard let tensor = value.tensor else { throw .invalid("its sequence is not of tensors") }
      tensors.append(tensor)
    }
    guard let first = tensors.first else { throw .shape("an empty sequence cannot be joined") }
    let isNew = try node.attributes.int("new_axis", default: 0) != 0
    let rank = first.shape.rank + (isNew ? 1 : 0)
    guard case .int(let given) = node.attributes["axis"] else { throw .invalid("its axis is missing") }
    let axis = given < 0 ? given &+ rank : given
    guard axis >= 0, axis < rank else { throw .invalid("axis \(given) is outside rank \(rank)") }
    return try isNew ? Tensor.stacked(tensors, axis: axis, limits) : Tensor.joined(tensors, axis: axis, limits)
  }
}
