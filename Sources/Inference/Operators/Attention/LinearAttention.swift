/// `LinearAttention`: a matrix for each head that takes in keys and values step by step and answers queries.
extension OperatorRegistry {
  static let linearAttention = OperatorDefinition(
    "LinearAttention",
    infer: { call throws(InferenceError) in
      let sizes = try LinearAttention(call)
      let type = try call.input(0).elementType
      return [
        try call.type(type, [sizes.batch, sizes.length, sizes.queryHeads * sizes.valueSize]),
        try call.type(type, [sizes.batch, sizes.keyHeads, sizes.keySize, sizes.valueSize]),
      ]
    }
  ) { call, outputs throws(InferenceError) in
    let kernel = try LinearAttention(call)
    return kernel.kernel(outputs[0].elementType, scratchElements: kernel.valueSize)
  }
}

private struct LinearAttention: RealKernel {
  let batch: Int
  let length: Int
  let queryHeads: Int
  let keyHeads: Int
  let keySize: Int
  let valueSize: Int
  let scale: Double
  /// Whether the state fades by a factor at each step, one for each head or one for each row.
  let gated: Bool
  let gatedByRow: Bool
  /// Whether only what the state does not yet answer is taken in, at a rate, one for each head or one for all.
  let corrected: Bool
  let ratedByHead: Bool

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.realType(sharedBy: 1..<6)
    let (q, k, v) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    queryHeads = try call.attributes.int("q_num_heads", default: 0)
    keyHeads = try call.attributes.int("kv_num_heads", default: 0)
    guard q.rank == 3, k.rank == 3, v.rank == 3, queryHeads > 0, keyHeads > 0, queryHeads % keyHeads == 0,
      q[2] % queryHeads == 0, v[2] % keyHeads == 0
    else { throw .shape("\(queryHeads) and \(keyHeads) heads do not fit \(q), \(k) and \(v)") }
    (batch, length, keySize, valueSize) = (q[0], q[1], q[2] / queryHeads, v[2] / keyHeads)
    guard k.dimensions == [batch, length, keyHeads * keySize], v.dimensions.prefix(2) == [batch, length] else {
      throw .shape("\(q), \(k) and \(v) do not fit each other")
    }
    if call.has(3), try call.input(3).shape.dimensions != [batch, keyHeads, keySize, valueSize] {
      throw .shape("a past state of shape \(try call.input(3).shape) does not fit")
    }
    let rule = try call.attributes.string("update_rule", default: "gated_delta")
    guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else { throw .invalid("update_rule \(rule)") }
    (gated, corrected) = (rule.hasPrefix("gated"), rule.hasSuffix("delta"))
    guard call.has(4) == gated, call.has(5) == corrected else {
      throw .invalid("update_rule \(rule) and the operands given do not fit each other")
    }
    let given = Double(try call.attributes.float("scale", default: 0))
    scale = given == 0 ? 1 / Double(max(1, keySize)).squareRoot() : given
    let decay = gated ? try call.input(4).shape.dimensions : [batch, length, keyHeads]
    gatedByRow = decay.last != keyHeads
    guard decay == [batch, length, gatedByRow ? keyHeads * keySize : keyHeads] else {
      throw .shape("decays of shape \(decay) do not fit \(k)")
    }
    let rates = corrected ? try call.input(5).shape.dimensions : [batch, length, keyHeads]
    ratedByHead = rates.last == keyHeads
    guard rates == [batch, length, ratedByHead ? keyHeads : 1] else {
      throw .shape("rates of shape \(rates) do not fit \(k)")
    }
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (q, k, v) = (
      Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)), Elements<T>(arguments.input(2))
    )
    let (y, state) = (Elements<T>(arguments.outputs[0]), Elements<T>(arguments.outputs[1]))
    if let past = arguments.optional(3) { arguments.outputs[1].copy(from: past) } else { state.fill(0) }
    let decay = arguments.optional(4).map { Elements<T>($0) }
    let rates = arguments.optional(5).map { Elements<T>($0) }
    let news = Elements<T>(scratch: arguments.scratch, count: valueSize)
    let group = queryHeads / keyHeads
    for image in 0..<batch {
      for time in 0..<length {
        let token = image * length + time
        for head in 0..<keyHeads {
          let base = (image * keyHeads + head) * keySize * valueSize
          let key = (token * keyHeads + head) * keySize
          let value = (token * keyHeads + head) * valueSize
          if let decay { fade(state, base, decay, gatedByRow ? key : token * keyHeads + head) }
          news.copy(valueSize, of: v, from: value, to: 0)
          if let rates {
            for row in 0..<keySize {
              for i in 0..<valueSize { news[i] -= state[base + row * valueSize + i] * k[key + row] }
            }
            let rate = rates[ratedByHead ? token * keyHeads + head : token]
            for i in 0..<valueSize { news[i] *= rate }
          }
          for row in 0..<keySize {
            for i in 0..<valueSize { state[base + row * valueSize + i] += k[key + row] * news[i] }
          }
          for reader in (head * group)..<((head + 1) * group) {
            let (query, place) = (token * queryHeads + reader, (token * queryHeads + reader) * valueSize)
            y.fill(place..<(place + valueSize), 0)
            for row in 0..<keySize {
              let factor = T(scale) * q[query * keySize + row]
              for i in 0..<valueSize { y[place + i] += factor * state[base + row * valueSize + i] }
            }
          }
        }
      }
    }
  }

  private func fade<T: RealElement>(_ state: Elements<T>, _ base: Int, _ decay: Elements<T>, _ place: Int) {
    for row in 0..<keySize {
      let factor = T.exponential(decay[gatedByRow ? place + row : place])
      for i in 0..<valueSize { state[base + row * valueSize + i] *= factor }
    }
  }
}
