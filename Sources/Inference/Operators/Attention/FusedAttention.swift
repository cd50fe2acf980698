/// The attention of ONNX Runtime's transformers: `com.microsoft` `Attention` and `MultiHeadAttention`.
extension OperatorRegistry {
  static let fusedAttention = OperatorDefinition(
    "com.microsoft:Attention",
    infer: { call throws(InferenceError) in
      let sizes = try FusedAttention(call)
      let type = try call.input(0).elementType
      _ = try call.count([sizes.scratch])
      let result = try call.type(type, [sizes.batch, sizes.length, sizes.heads * sizes.valueSize])
      guard sizes.givesPresent else { return [result] }
      return [result, try call.type(type, [2, sizes.batch, sizes.heads, sizes.total, sizes.headSize])]
    }
  ) { call, outputs throws(InferenceError) in
    let kernel = try FusedAttention(call)
    return kernel.kernel(outputs[0].elementType, scratchElements: kernel.scratch)
  }

  static let multiHeadAttention = OperatorDefinition(
    "com.microsoft:MultiHeadAttention",
    infer: { call throws(InferenceError) in
      let sizes = try MultiHeadAttention(call)
      let type = try call.input(0).elementType
      _ = try call.count([sizes.scratch])
      let result = try call.type(type, [sizes.batch, sizes.queries, sizes.heads * sizes.valueSize])
      guard sizes.givesPresent else { return [result] }
      return [
        result, try call.type(type, [sizes.batch, sizes.heads, sizes.total, sizes.headSize]),
        try call.type(type, [sizes.batch, sizes.heads, sizes.total, sizes.valueSize]),
      ]
    }
  ) { call, outputs throws(InferenceError) in
    let kernel = try MultiHeadAttention(call)
    return kernel.kernel(outputs[0].elementType, scratchElements: kernel.scratch)
  }
}

/// Attention of a sequence to itself, with the projections to queries, keys and values.
private struct FusedAttention: RealKernel {
  let batch: Int
  let length: Int
  let width: Int
  let heads: Int
  let headSize: Int
  let valueSize: Int
  let past: Int
  let scale: Double
  let mask: PaddingMask
  let bias: AttentionMask?
  let givesPresent: Bool

  var total: Int { past + length }
  /// The elements of queries, keys and values of one position.
  var projected: Int { heads * (2 * headSize + valueSize) }
  /// Working memory: the projections; keys and values with the past; the scores of a head.
  var scratch: Int {
    batch * length * projected + (past > 0 ? batch * total * heads * (headSize + valueSize) : 0) + length * total
  }

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.realType(sharedBy: [1, 2, 4, 5])
    let (x, w) = (try call.input(0).shape, try call.input(1).shape)
    let attributes = call.attributes
    let heads = try attributes.int("num_heads", default: 0)
    self.heads = heads
    guard x.rank == 3, w.rank == 2, w[0] == x[2], heads > 0 else { throw .shape("weights of \(w) do not fit \(x)") }
    (batch, length, width) = (x[0], x[1], x[2])
    let sizes = try attributes.ints("qkv_hidden_sizes") ?? [w[1] / 3, w[1] / 3, w[1] / 3]
    guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 && $0 < 1 << 30 && $0 % heads == 0 }), sizes[0] == sizes[1],
      sizes.reduce(0, +) == w[1]
    else { throw .shape("\(heads) heads of \(sizes) do not fit weights of \(w)") }
    (headSize, valueSize) = (sizes[0] / heads, sizes[2] / heads)
    if call.has(2), try call.input(2).shape.dimensions != [w[1]] { throw .shape("the bias does not fit \(w)") }
    guard try attributes.int("do_rotary", default: 0) == 0, !call.has(6),
      try attributes.int("past_present_share_buffer", default: 0) == 0
    else { throw .unsupported("rotary embedding, or a buffer that past and present share") }
    if call.has(4) {
      let shape = try call.input(4).shape
      let expected = [2, batch, heads, shape.rank == 5 ? shape[3] : 0, headSize]
      guard shape.dimensions == expected, headSize == valueSize else {
        throw .shape("a past of shape \(shape) does not fit")
      }
      past = shape[3]
    } else {
      past = 0
    }
    givesPresent = call.node.outputs.count > 1
    guard !givesPresent || headSize == valueSize else { throw .unsupported("a present of values of another size") }
    let given = Double(try attributes.float("scale", default: 0))
    scale = given == 0 ? 1 / Double(headSize).squareRoot() : given
    mask = try PaddingMask(call, index: 3, batch: batch, queries: length, keys: past + length, past: past)
    bias = try AttentionMask(call, index: 5, [batch, heads, length, past + length])
    _ = try call.count([batch, length, projected])
    _ = try call.count([batch, total, heads, headSize + valueSize])
    _ = try call.count([length, total])
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (x, w) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let rows = batch * length
    var used = 0
    func take(_ count: Int) -> Elements<T> {
      defer { used += count }
      return Elements<T>(scratch: arguments.scratch, offset: used * MemoryLayout<T>.stride, count: count)
    }
    let qkv = take(rows * projected)
    if let given = arguments.optional(2) {
      for row in 0..<rows { qkv.copy(projected, of: Elements<T>(given), from: 0, to: row * projected) }
    } else {
      qkv.fill(0)
    }
    MatrixProduct(
      rows: rows, inner: width, columns: projected, a: MatrixPlace(x, stride: width),
      b: MatrixPlace(w, stride: projected), transposed: false, y: MatrixPlace(qkv, stride: projected), beta: 1
    ).run()
    func part(_ start: Int, _ size: Int) -> HeadView<T> {
      var view = HeadView(interleaved: qkv, heads: heads, rows: length, size: size)
      (view.start, view.batchStep, view.rowStep) = (start, length * projected, projected)
      return view
    }
    var (k, v) = (part(heads * headSize, headSize), part(2 * heads * headSize, valueSize))
    if past > 0 || givesPresent {
      let half = batch * heads * total * headSize
      let home: (Elements<T>, Elements<T>, Int)
      if givesPresent {
        let present = Elements<T>(arguments.outputs[1])
        home = (present, present, half)
      } else {
        home = (take(half), take(batch * heads * total * valueSize), 0)
      }
      let earlier = arguments.optional(4).map { Elements<T>($0) }
      k = joined(earlier, 0, k, HeadView(separate: home.0, heads: heads, rows: total, size: headSize), headSize)
      v = joined(
        earlier, 1, v, HeadView(separate: home.1, start: home.2, heads: heads, rows: total, size: valueSize), valueSize)
    }
    let scores = take(length * total)
    let (places, biases) = (arguments.optional(3), arguments.optional(5))
    ScaledDotProduct(
      batch: batch, heads: heads, group: 1, queries: length, keys: total, headSize: headSize, valueSize: valueSize,
      scale: T(scale), q: part(0, headSize), k: k, v: v,
      y: HeadView(interleaved: Elements<T>(arguments.output), heads: heads, rows: length, size: valueSize),
      scores: scores
    ).run { image, head, query, start in
      if let bias, let biases { bias.apply(biases, to: scores, at: start, image, head, query) }
      mask.apply(places, to: scores, at: start, image, query)
    } observe: { _, _, _ in
    }
  }

  private func joined<T: RealElement>(
    _ earlier: Elements<T>?, _ part: Int, _ present: HeadView<T>, _ all: HeadView<T>, _ size: Int
  ) -> HeadView<T> {
    if let earlier {
      all.copy(
        HeadView(
          separate: earlier, start: part * batch * heads * past * size, heads: heads, rows: past, size: size),
        batch: batch, heads: heads, rows: past, size: size)
    }
    all.copy(present, batch: batch, heads: heads, rows: length, size: size, row: past)
    return all
  }
}

/// Attention over queries, keys and values that were projected before, side by side or packed into one another.
private struct MultiHeadAttention: RealKernel {
  let batch: Int
  let heads: Int
  let queries: Int
  let keys: Int
  let past: Int
  let headSize: Int
  let valueSize: Int
  /// How many of queries, keys and values lie in one operand: 1, 2 (keys and values) or 3.
  let parts: Int
  /// Whether keys and values come as `[batch, heads, keys, size]`.
  let separateKeys: Bool
  let scale: Double
  let mask: PaddingMask
  let bias: AttentionMask?
  let givesPresent: Bool

  var total: Int { past + keys }
  /// Working memory: queries, keys and values with their bias and the past; the scores of a head.
  var scratch: Int {
    batch * heads * (queries * headSize + total * (headSize + valueSize)) + queries * total
  }

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.realType(sharedBy: [1, 2, 3, 5, 6, 7])
    let attributes = call.attributes
    heads = try attributes.int("num_heads", default: 0)
    let q = try call.input(0).shape
    guard heads > 0, !call.has(8), !call.has(9) else { throw .unsupported("a cache of changing beams") }
    if q.rank == 5 {
      guard !call.has(1), !call.has(2), q[2] == heads, q[3] == 3 else { throw .shape("packed \(q) does not fit") }
      (batch, queries, keys, headSize, valueSize) = (q[0], q[1], q[1], q[4], q[4])
      (parts, separateKeys) = (3, false)
    } else {
      guard q.rank == 3, q[2] % heads == 0 else { throw .shape("queries of \(q) do not fit \(heads) heads") }
      (batch, queries, headSize) = (q[0], q[1], q[2] / heads)
      let k = try call.input(1).shape
      if k.rank == 5 {
        guard k.dimensions == [batch, k[1], heads, 2, headSize], !call.has(2) else {
          throw .shape("packed keys of \(k) do not fit \(q)")
        }
        (parts, separateKeys, keys, valueSize) = (2, false, k[1], headSize)
      } else {
        let v = try call.input(2).shape
        separateKeys = k.rank == 4
        parts = 1
        if separateKeys {
          guard v.rank == 4 else { throw .shape("values of \(v) do not fit keys of \(k)") }
          (keys, valueSize) = (k[2], v[3])
          guard k.dimensions == [batch, heads, keys, headSize], v.dimensions == [batch, heads, keys, valueSize] else {
            throw .shape("keys of \(k) and values of \(v) do not fit \(q)")
          }
        } else {
          guard k.rank == 3, v.rank == 3, v[2] % heads == 0 else { throw .shape("\(k) and \(v) do not fit \(q)") }
          (keys, valueSize) = (k[1], v[2] / heads)
          guard k.dimensions == [batch, keys, heads * headSize], v.dimensions.prefix(2) == [batch, keys] else {
            throw .shape("keys of \(k) and values of \(v) do not fit \(q)")
          }
        }
      }
    }
    if call.has(3), try call.input(3).shape.dimensions != [heads * (2 * headSize + valueSize)] {
      throw .shape("a bias of shape \(try call.input(3).shape) does not fit")
    }
    guard call.has(6) == call.has(7) else { throw .invalid("only one of the past keys and values is given") }
    if call.has(6) {
      let (k, v) = (try call.input(6).shape, try call.input(7).shape)
      guard k.rank == 4, k.dimensions == [batch, heads, k[2], headSize],
        v.dimensions == [batch, heads, k[2], valueSize]
      else { throw .shape("a past of \(k) and \(v) does not fit") }
      past = k[2]
    } else {
      past = 0
    }
    givesPresent = call.node.outputs.count > 1
    let given = Double(try attributes.float("scale", default: 0))
    scale = given == 0 ? 1 / Double(max(1, headSize)).squareRoot() : given
    mask = try PaddingMask(call, index: 4, batch: batch, queries: queries, keys: past + keys, past: past)
    bias = try AttentionMask(call, index: 5, [batch, heads, queries, past + keys])
    _ = try call.count([batch, heads, queries, headSize])
    _ = try call.count([batch, heads, total, headSize + valueSize])
    _ = try call.count([queries, total])
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    var used = 0
    func take(_ count: Int) -> Elements<T> {
      defer { used += count }
      return Elements<T>(scratch: arguments.scratch, offset: used * MemoryLayout<T>.stride, count: count)
    }
    /// The operand that holds part `part` of queries, keys and values.
    func source(_ part: Int, rows: Int, size: Int) -> HeadView<T> {
      if part > 0, separateKeys {
        return HeadView(separate: Elements<T>(arguments.input(part)), heads: heads, rows: rows, size: size)
      }
      let operand = parts == 3 ? 0 : parts == 2 ? min(part, 1) : part
      let (own, all) = parts == 3 ? (part, 3) : parts == 2 && part > 0 ? (part - 1, 2) : (0, 1)
      return HeadView(
        interleaved: Elements<T>(arguments.input(operand)), heads: heads, rows: rows, size: size, part: own, parts: all)
    }
    let added = arguments.optional(3).map { Elements<T>($0) }
    /// Part `part` with its bias, behind its past.
    func gathered(_ part: Int, rows: Int, size: Int, past: Int, to home: Elements<T>) -> HeadView<T> {
      let all = HeadView(separate: home, heads: heads, rows: past + rows, size: size)
      if past > 0, let earlier = arguments.optional(5 + part) {
        all.copy(
          HeadView(separate: Elements<T>(earlier), heads: heads, rows: past, size: size), batch: batch, heads: heads,
          rows: past, size: size)
      }
      all.copy(
        source(part, rows: rows, size: size), batch: batch, heads: heads, rows: rows, size: size, row: past,
        bias: added, biasStart: part * heads * headSize)
      return all
    }
    let outputs = arguments.outputs
    let q = gathered(0, rows: queries, size: headSize, past: 0, to: take(batch * heads * queries * headSize))
    let k = gathered(
      1, rows: keys, size: headSize, past: past,
      to: outputs.count > 1 ? Elements<T>(outputs[1]) : take(batch * heads * total * headSize))
    let v = gathered(
      2, rows: keys, size: valueSize, past: past,
      to: outputs.count > 2 ? Elements<T>(outputs[2]) : take(batch * heads * total * valueSize))
    let scores = take(queries * total)
    let (places, biases) = (arguments.optional(4), arguments.optional(5))
    ScaledDotProduct(
      batch: batch, heads: heads, group: 1, queries: queries, keys: total, headSize: headSize, valueSize: valueSize,
      scale: T(scale), q: q, k: k, v: v,
      y: HeadView(interleaved: Elements<T>(arguments.output), heads: heads, rows: queries, size: valueSize),
      scores: scores
    ).run { image, head, query, start in
      if let bias, let biases { bias.apply(biases, to: scores, at: start, image, head, query) }
      mask.apply(places, to: scores, at: start, image, query)
    } observe: { _, _, _ in
    }
  }
}
