/// What a model takes or gives: a tensor, or what is made of tensors.
public indirect enum ModelValue: Sendable {
  /// A tensor; one of texts has the element type `string`.
  case tensor(Tensor)
  /// A list of values.
  case sequence([ModelValue])
  /// A value, or nothing.
  case optional(ModelValue?)

  /// The tensor, where it is one, or an option that holds one.
  public var tensor: Tensor? {
    switch self {
    case .tensor(let tensor): tensor
    case .optional(let value): value?.tensor
    case .sequence: nil
    }
  }

  /// Bytes of all tensors in it, at least one for each value.
  var byteCount: Int {
    switch self {
    case .tensor(let tensor): max(1, tensor.type.byteCount)
    case .sequence(let values): values.reduce(1) { $0 + $1.byteCount }
    case .optional(let value): 1 + (value?.byteCount ?? 0)
    }
  }
}
