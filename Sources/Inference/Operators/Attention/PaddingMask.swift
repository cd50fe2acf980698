/// The mask of ONNX Runtime's attention: padded keys are lowered by a large number, later ones are hidden.
struct PaddingMask: Sendable {
  /// What the operand of whole numbers says.
  private enum Form: Sendable {
    case absent
    /// For each element of the batch how many keys count, and from which on where `starts`.
    case ends(starts: Bool)
    /// For each key, or for each query and key, whether it counts.
    case flags(perQuery: Bool)
  }

  private let form: Form
  private let batch: Int
  private let queries: Int
  private let keys: Int
  private let past: Int
  private let lowering: Float
  private let causal: Bool

  init(
    _ call: OperatorCall, index: Int, batch: Int, queries: Int, keys: Int, past: Int
  ) throws(InferenceError) {
    (self.batch, self.queries, self.keys, self.past) = (batch, queries, keys, past)
    lowering = try call.attributes.float("mask_filter_value", default: -10000)
    causal = try call.attributes.int("unidirectional", default: 0) != 0
    guard call.has(index) else {
      form = .absent
      return
    }
    _ = try call.elementType(index, oneOf: [.int32])
    switch try call.input(index).shape.dimensions {
    case [batch]: form = .ends(starts: false)
    case [2 * batch]: form = .ends(starts: true)
    case [batch, keys]: form = .flags(perQuery: false)
    case [batch, queries, keys]: form = .flags(perQuery: true)
    case let other: throw .unsupported("a mask of shape \(other)")
    }
  }

  /// Applies the mask `tensor` to the scores of one query, which begin at `start`.
  func apply<T: RealElement>(
    _ tensor: HostTensor?, to scores: Elements<T>, at start: Int, _ image: Int, _ query: Int
  ) {
    if let values = tensor.map({ Elements<Int32>($0) }) {
      switch form {
      case .absent: break
      case .ends(let starts):
        let end = max(0, min(keys, Int(values[image])))
        for key in end..<keys { scores[start + key] += T(lowering) }
        let first = starts ? max(0, min(keys, Int(values[batch + image]))) : 0
        for key in 0..<first { scores[start + key] += T(lowering) }
      case .flags(let perQuery):
        let place = (perQuery ? image * queries + query : image) * keys
        for key in 0..<keys where values[place + key] <= 0 { scores[start + key] += T(lowering) }
      }
    }
    if causal { scores.fill((start + min(keys, past + query + 1))..<(start + keys), -T.infinity) }
  }
}
