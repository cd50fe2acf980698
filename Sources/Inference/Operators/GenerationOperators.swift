import Glibc

/// Operators that make a tensor out of a few numbers.
extension OperatorRegistry {
  static let generation: [OperatorDefinition] = [
    OperatorDefinition(
      "Range",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: [.float32, .float64, .int16, .int32, .int64])
        for index in 1..<3 {
          guard try call.input(index).elementType == type else { throw .invalid("its operands have different types") }
        }
        return [try call.type(type, [rangeCount(call)])]
      }
    ) { _, outputs throws(InferenceError) in try outputs[0].elementType.numberKernel(RangeKernel()) },
    OperatorDefinition(
      "EyeLike", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        guard x.shape.rank == 2 else { throw .shape("\(x.shape) is not a matrix") }
        guard call.attributes["dtype"] != nil else { return [x.type] }
        let type = try Cast.type(call.attributes.int("dtype", default: 1))
        guard type != .string else { throw .invalid("texts have no one") }
        return [try call.type(type, x.shape.dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let (rows, columns) = (outputs[0].shape[0], outputs[0].shape[1])
      let diagonal = try call.attributes.int("k", default: 0)
      return Kernel { arguments in
        let y = NumberElements(arguments.output)
        Elements<UInt8>(bytesOf: arguments.output).fill(0)
        guard diagonal > -rows, diagonal < columns else { return }
        for row in max(0, -diagonal)..<max(0, -diagonal, min(rows, columns - diagonal)) {
          y[row * columns + row + diagonal] = 1
        }
      }
    },
    OperatorDefinition(
      "OneHot", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (indices, values) = (try call.input(0), try call.input(2))
        guard indices.elementType != .string, values.shape.dimensions == [2] else {
          throw .invalid("its indices are texts, or its values are not two")
        }
        var dimensions = indices.shape.dimensions
        dimensions.insert(try depth(call), at: try oneHotAxis(call))
        return [try call.type(values.elementType, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let axis = try oneHotAxis(call)
      let shape = outputs[0].shape
      return ByteSize(of: outputs[0].elementType).kernel(
        OneHotKernel(depth: shape[axis], inner: shape.product((axis + 1)..<shape.rank)))
    },
    window("HannWindow") { 0.5 - 0.5 * cos($0) },
    // The standard's Hamming window, 25/46, not the rounded 0.54.
    window("HammingWindow") { 25.0 / 46 - 21.0 / 46 * cos($0) },
    window("BlackmanWindow") { 0.42 - 0.5 * cos($0) + 0.08 * cos(2 * $0) },
    OperatorDefinition(
      "MelWeightMatrix", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        guard let bands = try call.integers(0), let length = try call.integers(1), bands.count == 1,
          length.count == 1, bands[0] >= 0, bands[0] < 1 << 24, length[0] >= 0, length[0] < 1 << 40
        else { throw .invalid("its sizes are not one number from 0 up each") }
        let type = try Cast.type(call.attributes.int("output_datatype", default: 1))
        guard type != .string else { throw .invalid("weights are not texts") }
        return [try call.type(type, [length[0] / 2 + 1, bands[0]])]
      }
    ) { call, outputs throws(InferenceError) in
      let triangles = try melTriangles(call, bands: outputs[0].shape[1])
      let (bins, bands) = (outputs[0].shape[0], outputs[0].shape[1])
      return Kernel { arguments in
        let y = NumberElements(arguments.output)
        for bin in 0..<bins {
          for band in 0..<bands {
            let (low, centre, high) = (triangles[band], triangles[band + 1], triangles[band + 2])
            var weight = 0.0
            if bin >= low, bin <= centre { weight = low == centre ? 1 : Double(bin - low) / Double(centre - low) }
            if bin >= centre, bin < high { weight = Double(high - bin) / Double(high - centre) }
            y[bin * bands + band] = weight
          }
        }
      }
    },
  ]

  private static func rangeCount(_ call: OperatorCall) throws(InferenceError) -> Int {
    func numbers<T: NumberElement>(_: T.Type) throws(InferenceError) -> (T, T, T) {
      var values: [T] = []
      for index in 0..<3 {
        let tensor = try call.tensor(index)
        guard tensor.shape.elementCount == 1 else { throw .shape("input \(index) is not one number") }
        values.append(tensor.array(of: T.self)[0])
      }
      return (values[0], values[1], values[2])
    }
    func whole<T: NumberElement & FixedWidthInteger>(_: T.Type) throws(InferenceError) -> Double {
      let (start, limit, step) = try numbers(T.self)
      guard step != 0 else { throw .invalid("a range of steps of 0") }
      let (first, last) = (Int64(start), Int64(limit))
      guard (step > 0) == (last > first), first != last else { return 0 }
      let distance = first < last ? UInt64(bitPattern: last &- first) : UInt64(bitPattern: first &- last)
      return Double((distance - 1) / UInt64(step.magnitude) + 1)
    }
    let count: Double
    switch try call.input(0).elementType {
    case .int16: count = try whole(Int16.self)
    case .int32: count = try whole(Int32.self)
    case .int64: count = try whole(Int64.self)
    case .float64:
      let (start, limit, step) = try numbers(Double.self)
      count = ((limit - start) / step).rounded(.up)
    default:
      let (start, limit, step) = try numbers(Float.self)
      count = ((Double(limit) - Double(start)) / Double(step)).rounded(.up)
    }
    guard count < 0x1p40 else { throw .limit("a range of \(count) numbers") }
    return Int(max(0, count))
  }

  private struct RangeKernel: NumberKernel {
    func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
      let y = Elements<T>(arguments.output)
      let (start, step) = (Elements<T>(arguments.input(0))[0], Elements<T>(arguments.input(2))[0])
      // Whole numbers count up; real ones multiply, so that errors do not add up.
      if let start = start as? Float, let step = step as? Float {
        for i in 0..<y.count { Elements<Float>(arguments.output)[i] = start + Float(i) * step }
      } else if let start = start as? Double, let step = step as? Double {
        for i in 0..<y.count { Elements<Double>(arguments.output)[i] = start + Double(i) * step }
      } else {
        var value = start
        for i in 0..<y.count {
          y[i] = value
          value = T.sum(value, step)
        }
      }
    }
  }

  private static func depth(_ call: OperatorCall) throws(InferenceError) -> Int {
    let tensor = try call.tensor(1)
    guard tensor.shape.elementCount == 1, tensor.elementType != .string else {
      throw .shape("its depth is not one number")
    }
    let depth = NumberElements(tensor.host)[0]
    guard depth >= 0, depth < 0x1p40 else { throw .shape("a depth of \(depth)") }
    return Int(depth)
  }

  private static func oneHotAxis(_ call: OperatorCall) throws(InferenceError) -> Int {
    try call.axis(call.attributes.int("axis", default: -1), rank: call.input(0).shape.rank + 1)
  }

  private struct OneHotKernel: SizedKernel {
    let depth: Int
    let inner: Int

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (indices, y) = (NumberElements(arguments.input(0)), Elements<T>(arguments.output))
      let values = Elements<T>(arguments.input(2))
      y.fill(values[0])
      for i in 0..<indices.count {
        let raw = indices[i]
        let index = raw < 0 ? raw + Double(depth) : raw
        guard index >= 0, index < Double(depth) else { continue }
        y[(i / inner * depth + Int(index)) * inner + i % inner] = values[1]
      }
    }
  }

  /// A window whose value is `shape` of its place as an angle.
  private static func window(
    _ kind: OperatorKind, _ shape: @escaping @Sendable (Double) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind, acceptsHalf: true,
      infer: { call throws(InferenceError) in
        guard let sizes = try call.integers(0), sizes.count == 1 else { throw .invalid("its size is not one number") }
        let type = try Cast.type(call.attributes.int("output_datatype", default: 1))
        guard type != .string else { throw .invalid("a window is not of texts") }
        return [try call.type(type, [sizes[0]])]
      }
    ) { call, outputs throws(InferenceError) in
      let count = outputs[0].shape[0]
      let period = Double(try call.attributes.int("periodic", default: 1) != 0 ? count : max(1, count - 1))
      return Kernel { arguments in
        let y = NumberElements(arguments.output)
        for i in 0..<count { y[i] = shape(2 * .pi * Double(i) / period) }
      }
    }
  }

  /// The bins where the triangles begin, peak and end.
  private static func melTriangles(_ call: OperatorCall, bands: Int) throws(InferenceError) -> [Int] {
    func number(_ index: Int) throws(InferenceError) -> Double {
      let tensor = try call.tensor(index)
      guard tensor.shape.elementCount == 1, tensor.elementType != .string else {
        throw .invalid("input \(index) is not one number")
      }
      return NumberElements(tensor.host)[0]
    }
    let (length, rate) = (try number(1), try number(2))
    let (low, high) = (try number(3), try number(4))
    guard rate > 0, low >= 0, high >= low, high.isFinite else { throw .invalid("\(low) to \(high) Hz at \(rate) Hz") }
    func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
    let step = (mel(high) - mel(low)) / Double(bands + 2)
    return (0..<(bands + 2)).map { index in
      let hertz = 700 * (pow(10, (mel(low) + Double(index) * step) / 2595) - 1)
      return Int(max(0, min(1e12, ((length + 1) * hertz / rate).rounded(.down))))
    }
  }
}

extension Elements where T == UInt8 {
  /// The bytes of a tensor of any type.
  init(bytesOf tensor: HostTensor) {
    let shape = TensorShape([tensor.byteCount]) ?? .scalar
    self.init(unsafe HostTensor(base: tensor.pointer, type: TensorType(elementType: .uint8, shape: shape)))
  }
}
