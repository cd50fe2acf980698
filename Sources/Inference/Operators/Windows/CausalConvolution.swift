/// `CausalConvWithState`: each channel of `[batch, channels, length]` filtered over the present and the past, whose last
/// elements are handed from run to run.
extension OperatorRegistry {
  static let causalConvolution = OperatorDefinition(
    "CausalConvWithState",
    infer: { call throws(InferenceError) in
      let (x, w) = (try call.input(0), try call.input(1).shape)
      _ = try call.realType(sharedBy: 1..<4)
      guard x.shape.rank == 3, w.rank == 3, w[0] == x.shape[1], w[1] == 1, w[2] > 0 else {
        throw .shape("filters of shape \(w) do not fit \(x.shape)")
      }
      if call.has(2), try call.input(2).shape.dimensions != [w[0]] { throw .shape("the bias does not fit") }
      let state = [x.shape[0], x.shape[1], w[2] - 1]
      if call.has(3), try call.input(3).shape.dimensions != state { throw .shape("the past state does not fit") }
      let activation = try call.attributes.string("activation", default: "none")
      guard ["none", "silu", "swish"].contains(activation) else { throw .unsupported("activation \(activation)") }
      return call.wanted([x.type, try call.type(x.elementType, state)])
    }
  ) { call, outputs throws(InferenceError) in
    let activated = try call.attributes.string("activation", default: "none") != "none"
    return CausalConvolution(
      channels: try call.input(0).shape[1], length: try call.input(0).shape[2], taps: try call.input(1).shape[2],
      activated: activated, givesState: outputs.count > 1
    ).kernel(outputs[0].elementType)
  }
}

private struct CausalConvolution: RealKernel {
  let channels: Int
  let length: Int
  let taps: Int
  let activated: Bool
  let givesState: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, w) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let bias = arguments.optional(2).map { Elements<T>($0) }
    let past = arguments.optional(3).map { Elements<T>($0) }
    let y = Elements<T>(arguments.output)
    let kept = taps - 1
    /// The element at `time` of row `row`, before 0 the past.
    func element(_ row: Int, _ time: Int) -> T {
      time >= 0 ? x[row * length + time] : past.map { $0[row * kept + kept + time] } ?? 0
    }
    for row in 0..<(length == 0 ? 0 : x.count / length) {
      let channel = row % channels
      for time in 0..<length {
        var sum = bias?[channel].real ?? 0
        for tap in 0..<taps { sum += w[channel * taps + tap].real * element(row, time - kept + tap).real }
        let value = T(sum)
        y[row * length + time] = activated ? value * T.logistic(value) : value
      }
    }
    guard givesState, kept > 0 else { return }
    let state = Elements<T>(arguments.outputs[1])
    for row in 0..<(state.count / kept) {
      for i in 0..<kept { state[row * kept + i] = element(row, length - kept + i) }
    }
  }
}
