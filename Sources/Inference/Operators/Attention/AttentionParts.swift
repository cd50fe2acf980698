/// The two products of attention by themselves, for attention that changes what lies between them.
extension OperatorRegistry {
  static let attentionParts: [OperatorDefinition] = [
    OperatorDefinition(
      .attentionScores,
      infer: { call throws(InferenceError) in
        let (q, k, _) = try operands(call)
        guard q[3] == k[3] else { throw .shape("queries of \(q) do not fit keys of \(k)") }
        return [try call.type(call.input(0).elementType, [q[0], q[1], q[2], k[2]])]
      }
    ) { call, outputs throws(InferenceError) in
      let (q, k, group) = try operands(call)
      let scale =
        call.attributes["scale"] == nil
        ? 1 / Double(max(1, q[3])).squareRoot() : Double(try call.attributes.float("scale", default: 1))
      return AttentionPart(
        batch: q[0], heads: q[1], group: group, rows: q[2], inner: q[3], columns: k[2], transposed: true, scale: scale
      ).kernel(outputs[0].elementType)
    },
    OperatorDefinition(
      .attentionValues,
      infer: { call throws(InferenceError) in
        let (p, v, _) = try operands(call)
        guard p[3] == v[2] else { throw .shape("probabilities of \(p) do not fit values of \(v)") }
        return [try call.type(call.input(0).elementType, [p[0], p[1], p[2], v[3]])]
      }
    ) { call, outputs throws(InferenceError) in
      let (p, v, group) = try operands(call)
      return AttentionPart(
        batch: p[0], heads: p[1], group: group, rows: p[2], inner: p[3], columns: v[3], transposed: false, scale: 1
      ).kernel(outputs[0].elementType)
    },
  ]

  /// The shapes of both operands, and how many heads of the first share one of the second.
  private static func operands(
    _ call: OperatorCall
  ) throws(InferenceError) -> (first: TensorShape, second: TensorShape, group: Int) {
    _ = try call.realType(sharedBy: 1..<2)
    let (a, b) = (try call.input(0).shape, try call.input(1).shape)
    guard a.rank == 4, b.rank == 4, a[0] == b[0], b[1] > 0, a[1] % b[1] == 0 else {
      throw .shape("\(a) and \(b) do not fit each other")
    }
    return (a, b, a[1] / b[1])
  }
}

private struct AttentionPart: RealKernel {
  let batch: Int
  let heads: Int
  let group: Int
  let rows: Int
  let inner: Int
  let columns: Int
  let transposed: Bool
  let scale: Double

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let a = HeadView(separate: Elements<T>(arguments.input(0)), heads: heads, rows: rows, size: inner)
    let b = HeadView(
      separate: Elements<T>(arguments.input(1)), heads: heads / max(1, group), rows: transposed ? columns : inner,
      size: transposed ? inner : columns)
    let y = HeadView(separate: Elements<T>(arguments.output), heads: heads, rows: rows, size: columns)
    for image in 0..<batch {
      for head in 0..<heads {
        MatrixProduct(
          rows: rows, inner: inner, columns: columns, a: a.place(image, head), b: b.place(image, head / group),
          transposed: transposed, y: y.place(image, head), alpha: T(scale)
        ).run()
      }
    }
  }
}
