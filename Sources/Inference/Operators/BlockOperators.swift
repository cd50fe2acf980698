/// Operators that move elements between axes, in blocks.
extension OperatorRegistry {
  static let blocks: [OperatorDefinition] = [
    OperatorDefinition(
      "DepthToSpace", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, b) = try blockOperand(call)
        guard x.shape[1] % (b * b) == 0 else { throw .shape("\(x.shape[1]) channels in blocks of \(b) x \(b)") }
        return [
          try call.type(
            x.elementType, [x.shape[0], x.shape[1] / (b * b), x.shape[2] * b, x.shape[3] * b])
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let (x, b) = try blockOperand(call)
      let (c, h, w) = (x.shape[1] / (b * b), x.shape[2], x.shape[3])
      let depthFirst: Bool
      switch try call.attributes.string("mode", default: "DCR") {
      case "DCR": depthFirst = true
      case "CRD": depthFirst = false
      case let mode: throw .invalid("mode \(mode) is neither DCR nor CRD")
      }
      let plane = h * w
      let (row, column, channel) = depthFirst ? (b * c * plane, c * plane, plane) : (b * plane, plane, b * b * plane)
      return strided(
        outputs[0], [x.shape[0], c, h, b, w, b], [x.shape[1] * plane, channel, w, row, 1, column])
    },
    OperatorDefinition(
      "SpaceToDepth", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, b) = try blockOperand(call)
        guard x.shape[2] % b == 0, x.shape[3] % b == 0 else { throw .shape("\(x.shape) in blocks of \(b) x \(b)") }
        let (channels, overflow) = x.shape[1].multipliedReportingOverflow(by: b * b)
        guard !overflow else { throw .shape("\(x.shape) in blocks of \(b) x \(b)") }
        return [try call.type(x.elementType, [x.shape[0], channels, x.shape[2] / b, x.shape[3] / b])]
      }
    ) { call, outputs throws(InferenceError) in
      let (x, b) = try blockOperand(call)
      let (c, h, w) = (x.shape[1], x.shape[2], x.shape[3])
      let image = c * h * w
      if try call.attributes.string("mode", default: "DCR") == "CRD" {
        return strided(
          outputs[0], [x.shape[0], c, b, b, h / b, w / b], [image, h * w, w, 1, b * w, b])
      }
      return strided(outputs[0], [x.shape[0], b, b, c, h / b, w / b], [image, w, 1, h * w, b * w, b])
    },
    OperatorDefinition(
      "ReverseSequence", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        let (time, batch) = try sequenceAxes(call)
        _ = try call.elementType(1, oneOf: [.int64])
        guard time != batch, try call.input(1).shape.dimensions == [x.shape[batch]] else {
          throw .shape("lengths of shape \(try call.input(1).shape) for \(x.shape)")
        }
        return [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = outputs[0].shape
      let (time, batch) = try sequenceAxes(call)
      return ByteSize(of: outputs[0].elementType).kernel(
        ReverseKernel(
          outer: shape[0], middle: shape[1], inner: shape.product(2..<shape.rank), timeIsFirst: time < batch))
    },
    OperatorDefinition(
      "Trilu", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        guard x.shape.rank >= 2 else { throw .shape("\(x.shape) is not made of matrices") }
        if call.has(1) {
          _ = try call.elementType(1, oneOf: [.int64])
          guard try call.input(1).shape.elementCount == 1 else { throw .shape("its diagonal is not one number") }
        }
        return [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = outputs[0].shape
      return ByteSize(of: outputs[0].elementType).kernel(
        TriangleKernel(
          rows: shape[shape.rank - 2], columns: shape[shape.rank - 1],
          upper: try call.attributes.int("upper", default: 1) != 0))
    },
  ]

  private static func blockOperand(_ call: OperatorCall) throws(InferenceError) -> (Fact, Int) {
    let x = try call.input(0)
    let size = try call.attributes.int("blocksize", default: 0)
    guard x.shape.rank == 4 else { throw .shape("\(x.shape) is not [batch, channels, height, width]") }
    guard size > 0, size < 1 << 15 else { throw .invalid("a block size of \(size)") }
    return (x, size)
  }

  private static func sequenceAxes(_ call: OperatorCall) throws(InferenceError) -> (time: Int, batch: Int) {
    let rank = try call.input(0).shape.rank
    guard rank >= 2 else { throw .shape("a tensor of rank \(rank) has no time and batch axes") }
    return (
      try call.axis(call.attributes.int("time_axis", default: 0), rank: 2),
      try call.axis(call.attributes.int("batch_axis", default: 1), rank: 2)
    )
  }

  private struct ReverseKernel: SizedKernel {
    let outer: Int
    let middle: Int
    let inner: Int
    let timeIsFirst: Bool

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      let lengths = Elements<Int64>(arguments.input(1))
      let steps = timeIsFirst ? outer : middle
      for i in 0..<outer {
        for j in 0..<middle {
          let (time, batch) = timeIsFirst ? (i, j) : (j, i)
          let length = Int(max(0, min(Int64(steps), lengths[batch])))
          let source = time < length ? length - 1 - time : time
          let place = timeIsFirst ? source * middle + j : i * middle + source
          y.copy(inner, of: x, from: place * inner, to: (i * middle + j) * inner)
        }
      }
    }
  }

  private struct TriangleKernel: SizedKernel {
    let rows: Int
    let columns: Int
    let upper: Bool

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      y.fillZero()
      guard x.count > 0 else { return }
      let diagonal = arguments.optional(1).map { Int(Elements<Int64>($0)[0]) } ?? 0
      for matrix in 0..<(x.count / (rows * columns)) {
        for row in 0..<rows {
          // Columns from here on are above the diagonal.
          let edge = max(0, min(columns, row &+ max(-rows, min(columns, diagonal)) + (upper ? 0 : 1)))
          let (from, count) = upper ? (edge, columns - edge) : (0, edge)
          let start = (matrix * rows + row) * columns + from
          y.copy(count, of: x, from: start, to: start)
        }
      }
    }
  }
}
