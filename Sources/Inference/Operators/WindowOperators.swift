internal import CKernels

/// Convolution and pooling over `[batch, channels, axes…]`.
extension OperatorRegistry {
  static let window: [OperatorDefinition] = [
    OperatorDefinition(
      .conv,
      infer: { call throws(InferenceError) in
        let geometry = try convolution(call)
        let (x, w) = (try call.input(0), try call.input(1))
        return [try call.type(.float32, [x.shape[0], w.shape[0]] + geometry.output)]
      }
    ) { call, _ throws(InferenceError) in
      let window = try convolution(call).threeAxes
      let (x, w) = (try call.input(0).shape, try call.input(1).shape)
      let groups = try call.attributes.int("group", default: 1)
      return Kernel { arguments in
        let bias = arguments.optional(2).map { Elements($0, as: Float.self) }
        unsafe withUnsafePointer(to: window) { window in
          unsafe braid_convolution_reference(
            Elements<Float>(arguments.input(0)).pointer, Elements<Float>(arguments.input(1)).pointer, bias?.pointer,
            Elements<Float>(arguments.output).pointer, Int64(x[0]), Int64(groups), Int64(w[1]), Int64(w[0]), window)
        }
      }
    },
    OperatorDefinition(
      .maxPool,
      infer: { call throws(InferenceError) in
        guard call.node.outputs.count < 2 else { throw .unsupported("the indices of the largest elements") }
        let x = try call.input(0)
        _ = try call.elementType(0, oneOf: [.float32, .int8, .uint8])
        return [try call.type(x.elementType, Array(x.shape.dimensions.prefix(2)) + pooling(call).output)]
      }
    ) { call, outputs throws(InferenceError) in
      let pool = Pooling(try pooling(call))
      switch outputs[0].elementType {
      case .int8: return Kernel { pool.maximum($0, Int8.min) }
      case .uint8: return Kernel { pool.maximum($0, UInt8.min) }
      default: return Kernel { pool.maximum($0, -Float.infinity) }
      }
    },
    OperatorDefinition(
      .averagePool,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        _ = try call.elementType(0, oneOf: [.float32])
        return [try call.type(.float32, Array(x.shape.dimensions.prefix(2)) + pooling(call).output)]
      }
    ) { call, _ throws(InferenceError) in
      let pool = Pooling(try pooling(call))
      let counting = try call.attributes.int("count_include_pad", default: 0) != 0
      return Kernel { pool.average($0, countingPadding: counting) }
    },
    global(.globalAveragePool) { x, range in
      var sum = 0.0
      for i in range { sum += Double(x[i]) }
      return Float(sum / Double(range.count))
    },
    global("GlobalMaxPool") { x, range in
      var largest = -Float.infinity
      for i in range { largest = max(largest, x[i]) }
      return largest
    },
  ]

  /// The geometry of a convolution, checked against the shapes of its operands.
  static func convolution(_ call: OperatorCall) throws(InferenceError) -> WindowGeometry {
    let (x, w) = (try call.input(0), try call.input(1))
    for index in call.inputs.indices where call.has(index) { _ = try call.elementType(index, oneOf: [.float32]) }
    guard x.shape.rank >= 3, w.shape.rank == x.shape.rank else {
      throw .shape("filters of shape \(w.shape) do not fit \(x.shape)")
    }
    let groups = try call.attributes.int("group", default: 1)
    guard groups > 0, w.shape[0] % groups == 0, w.shape[0] > 0,
      w.shape[1].multipliedReportingOverflow(by: groups) == (x.shape[1], false)
    else { throw .shape("filters of shape \(w.shape) in \(groups) groups do not fit \(x.shape)") }
    if call.has(2), try call.input(2).shape.dimensions != [w.shape[0]] {
      throw .shape("a bias of shape \(try call.input(2).shape) does not fit \(w.shape[0]) filters")
    }
    let kernel = Array(w.shape.dimensions[2...])
    if let stated = try call.attributes.ints("kernel_shape"), stated != kernel {
      throw .shape("kernel_shape \(stated) is not that of the filters \(w.shape)")
    }
    return try WindowGeometry(call, kernel: kernel)
  }

  /// The geometry of a pooling.
  static func pooling(_ call: OperatorCall) throws(InferenceError) -> WindowGeometry {
    guard let kernel = try call.attributes.ints("kernel_shape") else { throw .invalid("kernel_shape is missing") }
    let geometry = try WindowGeometry(call, kernel: kernel)
    let work = (geometry.kernel + geometry.output).reduce(1.0) { $0 * Double($1) }
    guard work < 0x1p28 else { throw .limit("a pooling of windows of \(kernel) over \(geometry.output) places") }
    return geometry
  }

  private static func global(
    _ kind: OperatorKind, _ reduce: @escaping @Sendable (Elements<Float>, Range<Int>) -> Float
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.float32])
        let shape = try call.input(0).shape
        guard shape.rank >= 3, shape.elementCount > 0 else {
          throw .shape("a tensor of shape \(shape) has nothing to pool")
        }
        return [try call.type(.float32, shape.dimensions.enumerated().map { $0.offset < 2 ? $0.element : 1 })]
      }
    ) { _, _ in
      Kernel { arguments in
        let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
        let plane = x.count / max(1, y.count)
        for i in 0..<y.count { y[i] = reduce(x, (i * plane)..<((i + 1) * plane)) }
      }
    }
  }
}

/// Pooling in plain loops.
private struct Pooling: Sendable {
  let geometry: WindowGeometry
  /// For each place of the result in a plane, the places of the window that lie inside the operand's plane.
  let places: [[Int]]
  /// Elements of the window that lie inside the padded plane.
  let padded: [Int]

  init(_ geometry: WindowGeometry) {
    self.geometry = geometry
    let rank = geometry.output.count
    func axisPlaces(_ axis: Int, _ place: Int) -> (inside: [Int], padded: Int) {
      var inside: [Int] = []
      var padded = 0
      for tap in 0..<geometry.kernel[axis] {
        let index = place * geometry.strides[axis] - geometry.before[axis] + tap * geometry.dilations[axis]
        if index >= 0, index < geometry.input[axis] { inside.append(index) }
        if index < geometry.input[axis] + geometry.after[axis] { padded += 1 }
      }
      return (inside, padded)
    }
    var places: [[Int]] = [[0]]
    var padded = [1]
    for axis in 0..<rank {
      var nextPlaces: [[Int]] = []
      var nextPadded: [Int] = []
      let along = (0..<geometry.output[axis]).map { axisPlaces(axis, $0) }
      for (prefix, count) in zip(places, padded) {
        for entry in along {
          nextPlaces.append(prefix.flatMap { base in entry.inside.map { base * geometry.input[axis] + $0 } })
          nextPadded.append(count * entry.padded)
        }
      }
      (places, padded) = (nextPlaces, nextPadded)
    }
    self.places = places
    self.padded = padded
  }

  private var plane: Int { geometry.input.reduce(1, *) }

  func maximum<T: BitwiseCopyable & Comparable>(_ arguments: KernelArguments, _ least: T) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let plane = plane
    for i in 0..<y.count {
      let base = i / places.count * plane
      var largest = least
      for place in places[i % places.count] { largest = max(largest, x[base + place]) }
      y[i] = largest
    }
  }

  func average(_ arguments: KernelArguments, countingPadding: Bool) {
    let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
    let plane = plane
    for i in 0..<y.count {
      let base = i / places.count * plane
      let window = places[i % places.count]
      var sum = 0.0
      for place in window { sum += Double(x[base + place]) }
      let count = countingPadding ? padded[i % places.count] : window.count
      y[i] = count == 0 ? 0 : Float(sum / Double(count))
    }
  }
}
