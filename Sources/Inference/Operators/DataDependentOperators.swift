/// Operators whose result has as many elements as the data says.
extension OperatorRegistry {
  static let dataDependent: [OperatorDefinition] = [
    OperatorDefinition(
      "NonZero", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let tensor = try call.tensor(0)
        let x = NumberElements(tensor.host)
        return [try call.type(.int64, [max(1, tensor.shape.rank), (0..<x.count).count { x[$0] != 0 }])]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let (strides, sizes, found) = (shape.strides, shape.dimensions, outputs[0].shape[1])
      return Kernel { arguments in
        let (x, y) = (NumberElements(arguments.input(0)), Elements<Int64>(arguments.output))
        var place = 0
        for i in 0..<x.count where x[i] != 0 && place < found {
          if sizes.isEmpty { y[place] = 0 }
          for axis in sizes.indices { y[axis * found + place] = Int64(i / strides[axis] % sizes[axis]) }
          place += 1
        }
      }
    },
    OperatorDefinition(
      "Compress", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        let (_, kept, axis) = try compressed(call)
        guard let axis else { return [try call.type(x.elementType, [kept.count])] }
        var dimensions = x.shape.dimensions
        dimensions[axis] = kept.count
        return [try call.type(x.elementType, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let (shape, kept, axis) = try compressed(call)
      let target = axis ?? 0
      return ByteSize(of: outputs[0].elementType).kernel(
        PickKernel(
          outer: shape.product(0..<target), size: shape[target], inner: shape.product((target + 1)..<shape.rank),
          picks: kept))
    },
    OperatorDefinition(
      "Unique", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        let unique = try UniqueSlices(call)
        let count = unique.firsts.count
        var dimensions = [count]
        if let axis = unique.axis {
          dimensions = x.shape.dimensions
          dimensions[axis] = count
        }
        return [
          try call.type(x.elementType, dimensions), try call.type(.int64, [count]),
          try call.type(.int64, [unique.inverse.count]), try call.type(.int64, [count]),
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let unique = try UniqueSlices(call)
      let shape = unique.shape
      let target = unique.axis ?? 0
      let pick = ByteSize(of: outputs[0].elementType).kernel(
        PickKernel(
          outer: shape.product(0..<target), size: shape[target], inner: shape.product((target + 1)..<shape.rank),
          picks: unique.firsts))
      return Kernel { arguments throws(InferenceError) in
        try pick.run(arguments)
        for (index, values) in [unique.firsts, unique.inverse, unique.counts].enumerated() {
          let y = Elements<Int64>(arguments.outputs[index + 1])
          for i in values.indices { y[i] = Int64(values[i]) }
        }
      }
    },
    nonMaxSuppression, ngramCounting,
  ]

  /// Copies chosen places of an axis.
  private struct PickKernel: SizedKernel {
    let outer: Int
    let size: Int
    let inner: Int
    let picks: [Int]

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.outputs[0]))
      for o in 0..<outer {
        for (place, pick) in picks.enumerated() {
          y.copy(inner, of: x, from: (o * size + pick) * inner, to: (o * picks.count + place) * inner)
        }
      }
    }
  }

  /// The operand's shape, flat without an axis, and the places kept along the axis.
  private static func compressed(
    _ call: OperatorCall
  ) throws(InferenceError) -> (shape: TensorShape, kept: [Int], axis: Int?) {
    _ = try call.elementType(1, oneOf: [.bool])
    let condition = try call.tensor(1)
    guard condition.shape.rank == 1 else { throw .shape("a condition of shape \(condition.shape)") }
    var shape = try call.input(0).shape
    var axis: Int?
    if call.attributes["axis"] != nil {
      axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
    } else {
      shape = TensorShape([shape.elementCount]) ?? .scalar
    }
    let flags = condition.array(of: UInt8.self)
    guard flags.count <= shape[axis ?? 0] else { throw .shape("a condition of \(flags.count) places for \(shape)") }
    return (shape, flags.indices.filter { flags[$0] != 0 }, axis)
  }
}

/// The different elements, or slices along an axis, of a tensor.
private struct UniqueSlices {
  /// The operand's shape, flat without an axis.
  let shape: TensorShape
  let axis: Int?
  /// Where each different slice is first found, in the order of the result.
  let firsts: [Int]
  /// For each slice, its place in the result.
  let inverse: [Int]
  /// How often each is found.
  let counts: [Int]

  init(_ call: OperatorCall) throws(InferenceError) {
    let tensor = try call.tensor(0)
    if call.attributes["axis"] != nil {
      shape = tensor.shape
      axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
    } else {
      shape = TensorShape([tensor.shape.elementCount]) ?? .scalar
      axis = nil
    }
    let target = axis ?? 0
    let (outer, size) = (shape.product(0..<target), shape[target])
    let inner = shape.product((target + 1)..<shape.rank)
    let keys = try Self.keys(tensor)
    func order(_ a: Int, _ b: Int) -> Int {
      for o in 0..<outer {
        for i in 0..<inner {
          let (left, right) = (keys[(o * size + a) * inner + i], keys[(o * size + b) * inner + i])
          if left != right { return left < right ? -1 : 1 }
        }
      }
      return 0
    }
    // Equal slices stay in the order in which they lie.
    let sorted = (0..<size).sorted { a, b in
      let result = order(a, b)
      return result == 0 ? a < b : result < 0
    }
    var groups: [(first: Int, count: Int)] = []
    var group = [Int](repeating: 0, count: size)
    for (place, slice) in sorted.enumerated() {
      if place > 0, order(sorted[place - 1], slice) == 0 {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((slice, 1))
      }
      group[slice] = groups.count - 1
    }
    var places = Array(groups.indices)
    if try call.attributes.int("sorted", default: 1) == 0 { places.sort { groups[$0].first < groups[$1].first } }
    var rank = [Int](repeating: 0, count: groups.count)
    for (place, index) in places.enumerated() { rank[index] = place }
    firsts = places.map { groups[$0].first }
    counts = places.map { groups[$0].count }
    inverse = group.map { rank[$0] }
  }

  /// Whole numbers in the order of the elements; what is no number comes last and equals itself.
  private static func keys(_ tensor: Tensor) throws(InferenceError) -> [Int64] {
    func key(_ value: Double) -> Int64 {
      if value.isNaN { return .max }
      let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
      return bits < 0 ? bits ^ .max : bits
    }
    switch tensor.elementType {
    case .int64, .string: return tensor.array(of: Int64.self)
    case .uint64: return tensor.array(of: UInt64.self).map { Int64(bitPattern: $0 ^ 1 << 63) }
    default:
      let elements = NumberElements(tensor.host)
      return (0..<elements.count).map { key(elements[$0]) }
    }
  }
}
