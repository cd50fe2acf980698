/// `Attention` of the standard: heads grouped or not, a mask, a causal frontier, windows, a cache inside or outside.
extension OperatorRegistry {
  static let attention: [OperatorDefinition] = [
    OperatorDefinition("Attention", infer: { call throws(InferenceError) in try Attention(call).results(call) }) {
      call, outputs throws(InferenceError) in
      let kernel = try Attention(call)
      return kernel.kernel(outputs[0].elementType, scratchElements: kernel.queries * kernel.total)
    },
    rotaryEmbedding("RotaryEmbedding"),
    rotaryEmbedding("com.microsoft:RotaryEmbedding"),
    linearAttention,
    fusedAttention,
    multiHeadAttention,
  ]
}

private struct Attention: RealKernel {
  let batch: Int
  let queryHeads: Int
  let keyHeads: Int
  let queries: Int
  /// Keys that this run brings.
  let keys: Int
  /// Keys of earlier runs.
  let past: Int
  let headSize: Int
  let valueSize: Int
  /// Whether the heads lie inside the last axis.
  let packed: Bool
  let scale: Double
  let softcap: Double
  let causal: Bool
  /// How far each query sees to either side; below 0 without end.
  let window: (left: Int, right: Int)
  /// Which scores are the fourth result, by the standard's numbers.
  let mode: Int
  let mask: AttentionMask?
  let givesPresent: Bool
  let givesScores: Bool

  var total: Int { past + keys }

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.realType(sharedBy: [1, 2, 4, 5])
    let (q, k, v) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    guard q.rank == k.rank, k.rank == v.rank, q.rank == 3 || q.rank == 4 else {
      throw .shape("\(q), \(k) and \(v) are not all of rank 3 or 4")
    }
    packed = q.rank == 3
    let attributes = call.attributes
    batch = q[0]
    if packed {
      queryHeads = try attributes.int("q_num_heads", default: 0)
      keyHeads = try attributes.int("kv_num_heads", default: 0)
      guard queryHeads > 0, keyHeads > 0, q[2] % queryHeads == 0, k[2] % keyHeads == 0, v[2] % keyHeads == 0 else {
        throw .shape("\(queryHeads) and \(keyHeads) heads do not fit \(q), \(k) and \(v)")
      }
      (queries, keys) = (q[1], k[1])
      (headSize, valueSize) = (q[2] / queryHeads, v[2] / keyHeads)
      guard k[2] / keyHeads == headSize, v[1] == keys else { throw .shape("\(q), \(k) and \(v) do not fit each other") }
    } else {
      (queryHeads, keyHeads, queries, keys) = (q[1], k[1], q[2], k[2])
      (headSize, valueSize) = (q[3], v[3])
      guard k[3] == headSize, v[1] == keyHeads, v[2] == keys else {
        throw .shape("\(q), \(k) and \(v) do not fit each other")
      }
    }
    guard k[0] == batch, v[0] == batch, keyHeads > 0, queryHeads % keyHeads == 0 else {
      throw .shape("\(q), \(k) and \(v) do not fit each other")
    }
    guard call.has(4) == call.has(5) else { throw .invalid("only one of the past keys and values is given") }
    if call.has(4) {
      let (pastKeys, pastValues) = (try call.input(4).shape, try call.input(5).shape)
      guard pastKeys.rank == 4, pastKeys.dimensions == [batch, keyHeads, pastKeys[2], headSize],
        pastValues.dimensions == [batch, keyHeads, pastKeys[2], valueSize], !call.has(6)
      else { throw .shape("a past of \(pastKeys) and \(pastValues) does not fit") }
      past = pastKeys[2]
    } else {
      past = 0
    }
    if call.has(6) {
      _ = try call.elementType(6, oneOf: [.int64])
      guard try call.input(6).shape.elementCount == batch else { throw .shape("the counts of keys do not fit") }
    }
    let given = Double(try attributes.float("scale", default: 0))
    scale = attributes["scale"] == nil ? 1 / Double(max(1, headSize)).squareRoot() : given
    softcap = Double(try attributes.float("softcap", default: 0))
    causal = try attributes.int("is_causal", default: 0) != 0
    window = (
      try attributes.int("left_window_size", default: -1), try attributes.int("right_window_size", default: -1)
    )
    mode = try attributes.int("qk_matmul_output_mode", default: 0)
    guard (0...3).contains(mode), window.left < 1 << 40, window.right < 1 << 40 else {
      throw .invalid("qk_matmul_output_mode is \(mode), the window \(window)")
    }
    mask = try AttentionMask(call, index: 3, [batch, queryHeads, queries, past + keys])
    givesScores = call.node.outputs.count > 3
    givesPresent = call.node.outputs.count > 1 || call.has(4)
  }

  func results(_ call: OperatorCall) throws(InferenceError) -> [TensorType] {
    let type = try call.input(0).elementType
    _ = try call.count([queries, total])
    var types = [
      try call.type(
        type, packed ? [batch, queries, queryHeads * valueSize] : [batch, queryHeads, queries, valueSize])
    ]
    if givesPresent {
      types.append(try call.type(type, [batch, keyHeads, total, headSize]))
      types.append(try call.type(type, [batch, keyHeads, total, valueSize]))
    }
    if givesScores { types.append(try call.type(type, [batch, queryHeads, queries, total])) }
    return types
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    func view(_ tensor: HostTensor, heads: Int, rows: Int, size: Int) -> HeadView<T> {
      packed
        ? HeadView(interleaved: Elements<T>(tensor), heads: heads, rows: rows, size: size)
        : HeadView(separate: Elements<T>(tensor), heads: heads, rows: rows, size: size)
    }
    var k = view(arguments.input(1), heads: keyHeads, rows: keys, size: headSize)
    var v = view(arguments.input(2), heads: keyHeads, rows: keys, size: valueSize)
    if givesPresent {
      k = joined(arguments.optional(4), k, arguments.outputs[1], size: headSize)
      v = joined(arguments.optional(5), v, arguments.outputs[2], size: valueSize)
    }
    let scores = Elements<T>(scratch: arguments.scratch, count: queries * total)
    let kept = givesScores ? Elements<T>(arguments.outputs[3]) : nil
    let product = ScaledDotProduct(
      batch: batch, heads: queryHeads, group: queryHeads / keyHeads, queries: queries, keys: total,
      headSize: headSize, valueSize: valueSize, scale: T(scale), softcap: T(softcap),
      q: view(arguments.input(0), heads: queryHeads, rows: queries, size: headSize), k: k, v: v,
      y: view(arguments.output, heads: queryHeads, rows: queries, size: valueSize), scores: scores)
    let counts = arguments.optional(6).map { Elements<Int64>($0) }
    let places = arguments.optional(3)
    product.run { image, head, query, start in
      if let mask, let places { mask.apply(places, to: scores, at: start, image, head, query) }
      hide(scores, start, query, count: counts.map { Int($0[image]) })
    } observe: { stage, image, head in
      guard let kept, stage == [.product, .capped, .biased, .probabilities][mode] else { return }
      kept.copy(scores.count, of: scores, from: 0, to: (image * queryHeads + head) * scores.count)
    }
  }

  /// Writes the past and then the present into `output`, `[batch, heads, total, size]`.
  private func joined<T: RealElement>(
    _ earlier: HostTensor?, _ present: HeadView<T>, _ output: HostTensor, size: Int
  ) -> HeadView<T> {
    let all = HeadView(separate: Elements<T>(output), heads: keyHeads, rows: total, size: size)
    if let earlier {
      all.copy(
        HeadView(separate: Elements<T>(earlier), heads: keyHeads, rows: past, size: size), batch: batch,
        heads: keyHeads, rows: past, size: size)
    }
    all.copy(present, batch: batch, heads: keyHeads, rows: keys, size: size, row: past)
    return all
  }

  /// Hides the keys that the causal frontier, the window and the count of keys hide from `query`.
  private func hide<T: RealElement>(_ scores: Elements<T>, _ start: Int, _ query: Int, count: Int?) {
    let known = count.map { max(-1 << 40, min($0, 1 << 40)) }
    let place = query + (known.map { $0 - queries } ?? past)
    var (first, last) = (0, known.map { $0 - 1 } ?? total - 1)
    if causal { last = min(last, place) }
    if window.left >= 0 { first = max(first, place - window.left) }
    if window.right >= 0 { last = min(last, place + window.right) }
    scores.fill(start..<(start + min(total, first)), -T.infinity)
    scores.fill((start + max(0, min(total, last + 1)))..<(start + total), -T.infinity)
  }
}

/// A mask that is repeated to `[batch, heads, queries, keys]`; what it does not reach is hidden.
struct AttentionMask: Sendable {
  private let steps: [Int]
  private let width: Int
  private let isBoolean: Bool
  private let keys: Int

  /// Operand `index`, nil where absent. It is boolean, or of the type of operand 0 and added.
  init?(_ call: OperatorCall, index: Int, _ target: [Int]) throws(InferenceError) {
    guard call.has(index) else { return nil }
    let fact = try call.input(index)
    let type = try call.input(0).elementType
    guard fact.elementType == .bool || fact.elementType == type else {
      throw .unsupported("a mask of type \(fact.elementType)")
    }
    isBoolean = fact.elementType == .bool
    let shape = fact.shape
    guard (1...4).contains(shape.rank), let last = shape.dimensions.last, last <= target[3] else {
      throw .shape("a mask of shape \(shape) does not fit \(target)")
    }
    var steps = [0, 0, 0]
    for axis in 0..<(shape.rank - 1) {
      let own = axis + 4 - shape.rank
      guard shape[axis] == 1 || shape[axis] == target[own] else {
        throw .shape("a mask of shape \(shape) does not fit \(target)")
      }
      steps[own] = shape[axis] == 1 ? 0 : shape.strides[axis]
    }
    self.steps = steps
    (width, keys) = (last, target[3])
  }

  /// Adds the mask `tensor` to a row of scores.
  func apply<T: RealElement>(
    _ tensor: HostTensor, to scores: Elements<T>, at start: Int, _ image: Int, _ head: Int, _ query: Int
  ) {
    let place = image * steps[0] + head * steps[1] + query * steps[2]
    if isBoolean {
      let mask = Elements<UInt8>(tensor)
      for key in 0..<width where mask[place + key] == 0 { scores[start + key] = -T.infinity }
    } else {
      let mask = Elements<T>(tensor)
      for key in 0..<width {
        let value = mask[place + key]
        scores[start + key] = value == -T.infinity ? value : scores[start + key] + value
      }
    }
    scores.fill((start + width)..<(start + keys), -T.infinity)
  }
}
