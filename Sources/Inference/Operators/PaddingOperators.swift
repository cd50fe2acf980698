/// Operators that add places around a tensor, or take some away.
extension OperatorRegistry {
  static let padding: [OperatorDefinition] = [
    OperatorDefinition(
      .pad, acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, pads) = (try call.input(0), try padding(call))
        return [try call.type(x.elementType, x.shape.dimensions.indices.map { x.shape[$0] + pads[$0].0 + pads[$0].1 })]
      }
    ) { call, outputs throws(InferenceError) in
      if call.has(2), try call.input(2).elementType != outputs[0].elementType {
        throw .invalid("its constant has another type")
      }
      let mode = try call.attributes.string("mode", default: "constant")
      return try padKernel(call.input(0).shape, padding(call), outputs[0], mode)
    },
    OperatorDefinition(
      "CenterCropPad", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        let pads = try centring(call)
        return [try call.type(x.elementType, x.shape.dimensions.indices.map { x.shape[$0] + pads[$0].0 + pads[$0].1 })]
      }
    ) { call, outputs throws(InferenceError) in
      try padKernel(call.input(0).shape, centring(call), outputs[0], "constant")
    },
  ]

  /// The places added before and behind each axis; negative ones are taken away.
  static func padding(_ call: OperatorCall) throws(InferenceError) -> [(Int, Int)] {
    let shape = try call.input(0).shape
    guard let pads = try call.integers(1) else { throw .invalid("pads are missing") }
    let axes = try call.integers(3) ?? Array(0..<shape.rank)
    guard pads.count == 2 * axes.count else { throw .invalid("\(pads.count) pads for \(axes.count) axes") }
    var result = [(Int, Int)](repeating: (0, 0), count: shape.rank)
    for (i, axis) in axes.enumerated() {
      let (before, after) = (pads[i], pads[i + axes.count])
      guard before.magnitude < 1 << 31, after.magnitude < 1 << 31 else { throw .invalid("a pad is impossible") }
      result[try call.axis(axis, rank: shape.rank)] = (before, after)
    }
    return result
  }

  private static func centring(_ call: OperatorCall) throws(InferenceError) -> [(Int, Int)] {
    let shape = try call.input(0).shape
    let axes = try call.attributes.ints("axes") ?? Array(0..<shape.rank)
    guard let sizes = try call.integers(1), sizes.count == axes.count,
      sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 31 })
    else { throw .invalid("its sizes are not \(axes.count) numbers from 0 up") }
    var result = [(Int, Int)](repeating: (0, 0), count: shape.rank)
    for (axis, size) in zip(axes, sizes) {
      let axis = try call.axis(axis, rank: shape.rank)
      let difference = size - shape[axis]
      let before = difference / 2
      result[axis] = (before, difference - before)
    }
    return result
  }

  /// Along one axis, `count` places of the result from `to` on that take those of the operand from `from` on.
  private struct Run {
    var to: Int
    var from: Int
    var count: Int
  }

  private struct PadKernel: SizedKernel {
    /// For each axis, the runs that are not the constant; the last axis counts in blocks of `inner` elements.
    let runs: [[Run]]
    let strides: [Int]
    let spans: [Int]
    let isWhole: Bool

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      if !isWhole {
        let value = arguments.inputs.count > 2 ? arguments.optional(2).map { Elements<T>($0) } : nil
        if let value, value.count > 0 { y.fill(value[0]) } else { y.fillZero() }
      }
      guard y.count > 0, x.count > 0 else { return }
      fill(x, y, axis: 0, from: 0, to: 0)
    }

    private func fill<T>(_ x: Elements<T>, _ y: Elements<T>, axis: Int, from: Int, to: Int) {
      let (stride, span) = (strides[axis], spans[axis])
      for run in runs[axis] {
        if axis == runs.count - 1 {
          y.copy(run.count * span, of: x, from: from + run.from * stride, to: to + run.to * span)
        } else {
          for i in 0..<run.count {
            fill(x, y, axis: axis + 1, from: from + (run.from + i) * stride, to: to + (run.to + i) * span)
          }
        }
      }
    }
  }

  private static func padKernel(
    _ shape: TensorShape, _ pads: [(Int, Int)], _ output: TensorType, _ mode: String
  ) throws(InferenceError) -> Kernel {
    // Behind the last padded axis everything moves in one block.
    let last = pads.lastIndex { $0 != (0, 0) } ?? 0
    guard shape.rank > 0 else { return Kernel { $0.output.copy(from: $0.input(0)) } }
    var runs: [[Run]] = []
    var isWhole = true
    for axis in 0...last {
      let (before, after) = pads[axis]
      // What is taken away goes first; the rest is what other modes repeat.
      let base = max(0, -before)
      let size = shape[axis] - base - max(0, -after)
      var list: [Run] = []
      for place in 0..<output.shape[axis] {
        let index = place - max(0, before)
        let source: Int
        if index >= 0, index < size {
          source = index + base
        } else {
          guard mode != "constant" else {
            isWhole = false
            continue
          }
          guard size > 0 else { throw .shape("an empty axis cannot be padded from itself") }
          switch mode {
          case "edge": source = min(size - 1, max(0, index)) + base
          case "reflect":
            let period = max(1, 2 * (size - 1))
            let phase = ((index % period) + period) % period
            source = (phase < size ? phase : period - phase) + base
          case "wrap": source = ((index % size) + size) % size + base
          default: throw .unsupported("padding mode \(mode)")
          }
        }
        if let run = list.last, run.from + run.count == source, run.to + run.count == place {
          list[list.count - 1].count += 1
        } else {
          list.append(Run(to: place, from: source, count: 1))
        }
      }
      runs.append(list)
    }
    let spans = Array(output.shape.strides[...last])
    return ByteSize(of: output.elementType).kernel(
      PadKernel(runs: runs, strides: Array(shape.strides[...last]), spans: spans, isWhole: isWhole))
  }
}
