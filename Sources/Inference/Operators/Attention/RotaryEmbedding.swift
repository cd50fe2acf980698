/// `RotaryEmbedding`: pairs of elements of each head turned by angles that grow with the position.
extension OperatorRegistry {
  static func rotaryEmbedding(_ kind: OperatorKind) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try RotaryEmbedding(call)
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      try RotaryEmbedding(call).kernel(outputs[0].elementType)
    }
  }
}

private struct RotaryEmbedding: RealKernel {
  let batch: Int
  let heads: Int
  let length: Int
  let headSize: Int
  let packed: Bool
  /// Elements of each head that are turned, in front.
  let turned: Int
  let interleaved: Bool
  /// Where the operands lie: cosines, sines, positions.
  let operands: (cosine: Int, sine: Int, positions: Int)
  /// Whether the one position given is that of the first element.
  let countsPositions: Bool

  init(_ call: OperatorCall) throws(InferenceError) {
    let microsoft = call.node.kind.rawValue.hasPrefix("com.microsoft")
    operands = microsoft ? (2, 3, 1) : (1, 2, 3)
    _ = try call.realType(sharedBy: [operands.cosine, operands.sine])
    let x = try call.input(0).shape
    let (cosine, sine) = (try call.input(operands.cosine).shape, try call.input(operands.sine).shape)
    guard x.rank == 3 || x.rank == 4 else { throw .shape("a tensor of shape \(x) is not of rank 3 or 4") }
    packed = x.rank == 3
    let stated = try call.attributes.int("rotary_embedding_dim", default: 0)
    batch = x[0]
    if packed {
      let width = stated > 0 ? stated : 2 * (cosine.dimensions.last ?? 0)
      let given = try call.attributes.int("num_heads", default: 0)
      heads = given > 0 ? given : (microsoft && width > 0 ? x[2] / width : 0)
      guard heads > 0, x[2] % heads == 0 else { throw .shape("\(heads) heads do not fit \(x)") }
      (length, headSize) = (x[1], x[2] / heads)
    } else {
      (heads, length, headSize) = (x[1], x[2], x[3])
    }
    turned = stated > 0 ? stated : headSize
    interleaved = try call.attributes.int("interleaved", default: 0) != 0
    guard turned <= headSize, turned % 2 == 0, cosine == sine, cosine.dimensions.last == turned / 2 else {
      throw .shape("cosines of \(cosine) and sines of \(sine) do not fit \(turned) of \(headSize) elements")
    }
    let scale = try call.attributes.float("scale", default: 1)
    guard scale == 1, try call.attributes.int("is_packed_batching", default: 0) == 0 else {
      throw .unsupported("a scale of \(scale), or packed batches")
    }
    guard call.has(operands.positions) else {
      guard !microsoft, cosine.dimensions == [batch, length, turned / 2] else {
        throw .shape("cosines of \(cosine) do not fit \(x) without positions")
      }
      countsPositions = false
      return
    }
    _ = try call.elementType(operands.positions, oneOf: [.int64])
    let positions = try call.input(operands.positions).shape
    countsPositions = microsoft && positions.elementCount == 1
    guard cosine.rank == 2, countsPositions || positions.dimensions == [batch, length] else {
      throw .shape("positions of shape \(positions) do not fit \(x)")
    }
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let cosines = Elements<T>(arguments.input(operands.cosine))
    let sines = Elements<T>(arguments.input(operands.sine))
    let positions = arguments.optional(operands.positions).map { Elements<Int64>($0) }
    let half = turned / 2
    let rows = half == 0 ? 0 : cosines.count / half
    for image in 0..<batch {
      for time in 0..<length {
        var row = image * length + time
        if let positions {
          let position =
            countsPositions ? positions[0].addingReportingOverflow(Int64(time)).partialValue : positions[row]
          guard position >= 0, position < rows || half == 0 else {
            throw .shape("position \(position) is outside a table of \(rows)")
          }
          row = Int(position)
        }
        for head in 0..<heads {
          let base =
            packed
            ? ((image * length + time) * heads + head) * headSize
            : ((image * heads + head) * length + time) * headSize
          for i in 0..<half {
            let (a, b) = interleaved ? (base + 2 * i, base + 2 * i + 1) : (base + i, base + half + i)
            let (cosine, sine) = (cosines[row * half + i], sines[row * half + i])
            let (real, imaginary) = (x[a], x[b])
            y[a] = cosine * real - sine * imaginary
            y[b] = sine * real + cosine * imaginary
          }
          y.copy(headSize - turned, of: x, from: base + turned, to: base + turned)
        }
      }
    }
  }
}
