/// Layer normalisation of sums, as transformers have it between their blocks.
extension OperatorRegistry {
  /// Operands: input, skip, gamma, then beta where `centred`, then a bias. Results: the normalised sum, the mean, one
  /// divided by the deviation, the sum.
  static func skipNormalisation(_ kind: OperatorKind, centred: Bool) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try SkipNormalisation(call, centred: centred)
        let x = try call.input(0)
        let statistics = try call.type(.float32, x.shape.dimensions.dropLast() + [1])
        return call.wanted([x.type, statistics, statistics, x.type])
      }
    ) { call, outputs throws(InferenceError) in
      let kernel = try SkipNormalisation(call, centred: centred)
      return kernel.kernel(outputs[0].elementType, scratchElements: kernel.hidden)
    }
  }

  /// `EmbedLayerNormalization`: the normalised sum of three embeddings. Results: it, the count of the mask's ones in
  /// each row, the sum.
  static let embeddingNormalisation = OperatorDefinition(
    "com.microsoft:EmbedLayerNormalization",
    infer: { call throws(InferenceError) in
      let kernel = try EmbeddingNormalisation(call)
      let type = try call.input(2).elementType
      let result = try call.type(type, [kernel.batch, kernel.length, kernel.hidden])
      return call.wanted([result, try call.type(.int32, [kernel.batch]), result])
    }
  ) { call, outputs throws(InferenceError) in
    let kernel = try EmbeddingNormalisation(call)
    return kernel.kernel(outputs[0].elementType, scratchElements: kernel.hidden)
  }
}

private struct SkipNormalisation: RealKernel {
  let hidden: Int
  let centred: Bool
  let epsilon: Double

  init(_ call: OperatorCall, centred: Bool) throws(InferenceError) {
    self.centred = centred
    _ = try call.realType(sharedBy: 1..<5)
    let shape = try call.input(0).shape
    hidden = shape.dimensions.last ?? 0
    epsilon = Double(try call.attributes.float("epsilon", default: 1e-12))
    let skip = try call.input(1).shape
    // The skip may be one for the whole batch.
    guard hidden > 0, skip.dimensions.last == hidden, skip.elementCount > 0,
      skip.dimensions.drop(while: { $0 == 1 }).elementsEqual(
        shape.dimensions.suffix(skip.rank).suffix(skip.dimensions.drop(while: { $0 == 1 }).count))
    else { throw .shape("a skip of shape \(skip) does not fit \(shape)") }
    _ = try call.input(2)
    for index in 2..<5 where call.has(index) {
      guard try call.input(index).shape.elementCount == hidden else {
        throw .shape("input \(index) does not have \(hidden) elements")
      }
    }
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, skip) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let gamma = Elements<T>(arguments.input(2))
    let beta = centred ? arguments.optional(3).map { Elements<T>($0) } : nil
    let bias = arguments.optional(centred ? 4 : 3).map { Elements<T>($0) }
    let outputs = arguments.outputs
    let sum = Elements<T>(scratch: arguments.scratch, count: hidden)
    let y = Elements<T>(outputs[0])
    for row in 0..<(x.count / hidden) {
      let base = row * hidden
      let skipBase = base % skip.count
      for i in 0..<hidden { sum[i] = x[base + i] + skip[skipBase + i] + (bias.map { $0[i] } ?? 0) }
      let (mean, factor) = T.normalise(sum, into: y, at: base, centred: centred, epsilon, gamma, beta)
      if outputs.count > 1 { Elements<Float>(outputs[1])[row] = Float(mean) }
      if outputs.count > 2 { Elements<Float>(outputs[2])[row] = Float(factor) }
      if outputs.count > 3 { Elements<T>(outputs[3]).copy(hidden, of: sum, from: 0, to: base) }
    }
  }
}

private struct EmbeddingNormalisation: RealKernel {
  let batch: Int
  let length: Int
  let hidden: Int
  let epsilon: Double

  init(_ call: OperatorCall) throws(InferenceError) {
    for index in [0, 1, 7, 8] where call.has(index) { _ = try call.elementType(index, oneOf: [.int32]) }
    let ids = try call.input(0).shape
    let words = try call.input(2)
    guard ids.rank == 2, words.shape.rank == 2 else { throw .shape("identifiers of shape \(ids)") }
    (batch, length, hidden) = (ids[0], ids[1], words.shape[1])
    epsilon = Double(try call.attributes.float("epsilon", default: 1e-12))
    _ = try call.elementType(2, oneOf: ElementType.reals)
    for index in 2..<7 where call.has(index) {
      let fact = try call.input(index)
      guard fact.elementType == words.elementType, fact.shape.dimensions.last == hidden,
        fact.shape.rank == (index < 5 ? 2 : 1)
      else { throw .shape("input \(index) of \(fact.elementType) \(fact.shape) does not fit \(words.shape)") }
    }
    guard call.has(3), call.has(5), call.has(6), call.has(1) == call.has(4), hidden > 0 else {
      throw .invalid("an embedding, its scale or its bias is missing")
    }
    for index in [1, 7] where call.has(index) {
      guard try call.input(index).shape == ids else { throw .shape("input \(index) does not fit \(ids)") }
    }
    if call.has(8) {
      let positions = try call.input(8).shape.dimensions
      guard positions == [batch, length] || positions == [1, length] else {
        throw .shape("positions of shape \(positions) do not fit \(ids)")
      }
    }
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let ids = Elements<Int32>(arguments.input(0))
    let segments = arguments.optional(1).map { Elements<Int32>($0) }
    let positions = arguments.optional(8).map { Elements<Int32>($0) }
    let (words, places) = (Elements<T>(arguments.input(2)), Elements<T>(arguments.input(3)))
    let kinds = arguments.optional(4).map { Elements<T>($0) }
    let outputs = arguments.outputs
    let (gamma, beta) = (Elements<T>(arguments.input(5)), Elements<T>(arguments.input(6)))
    let sum = Elements<T>(scratch: arguments.scratch, count: hidden)
    let y = Elements<T>(outputs[0])
    for token in 0..<(batch * length) {
      let word = try row(ids[token], of: words)
      let place = try row(positions.map { $0[token % $0.count] } ?? Int32(token % length), of: places)
      let kind = if let segments, let kinds { try row(segments[token], of: kinds) } else { 0 }
      for i in 0..<hidden {
        sum[i] = words[word + i] + places[place + i] + (kinds.map { $0[kind + i] } ?? 0)
      }
      _ = T.normalise(sum, into: y, at: token * hidden, centred: true, epsilon, gamma, beta)
      if outputs.count > 2 { Elements<T>(outputs[2]).copy(hidden, of: sum, from: 0, to: token * hidden) }
    }
    guard outputs.count > 1 else { return }
    let mask = arguments.optional(7).map { Elements<Int32>($0) }
    for image in 0..<batch {
      var ones: Int32 = 0
      if let mask { for i in 0..<length where mask[image * length + i] == 1 { ones += 1 } }
      Elements<Int32>(outputs[1])[image] = ones
    }
  }

  /// Where row `index` of a table begins.
  private func row<T: RealElement>(_ index: Int32, of table: Elements<T>) throws(InferenceError) -> Int {
    guard index >= 0, Int(index) < table.count / hidden else {
      throw .shape("index \(index) is outside a table of \(table.count / hidden) rows")
    }
    return Int(index) * hidden
  }
}

extension RealElement {
  /// Normalises all of `x` into `y` from `start` on; returns the mean taken away and the factor.
  fileprivate static func normalise(
    _ x: Elements<Self>, into y: Elements<Self>, at start: Int, centred: Bool, _ epsilon: Double,
    _ scale: Elements<Self>, _ bias: Elements<Self>?
  ) -> (mean: Double, factor: Double) {
    let mean = centred ? sum(x, 0..<x.count) / Double(x.count) : 0
    let factor = 1 / (squares(x, 0..<x.count, around: mean) / Double(x.count) + epsilon).squareRoot()
    map(x, from: 0, y, to: start, count: x.count, mean: mean, factor: factor, scale: scale, shift: bias)
    return (mean, factor)
  }
}
