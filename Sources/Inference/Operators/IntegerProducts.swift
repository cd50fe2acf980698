/// Products of matrices and convolutions of 8-bit numbers, summed up exactly in 32 bits, which wrap.
extension OperatorRegistry {
  static let integerProducts: [OperatorDefinition] = [
    OperatorDefinition(
      "MatMulInteger",
      infer: { call throws(InferenceError) in
        _ = try IntegerMatrices(call)
        return [try call.type(.int32, MatrixShapes(call).result)]
      }
    ) { call, _ throws(InferenceError) in
      let product = try IntegerMatrices(call)
      return dispatch(try call.input(0).elementType, try call.input(1).elementType) { product.kernel($0, $1) }
    },
    OperatorDefinition(
      "ConvInteger",
      infer: { call throws(InferenceError) in
        let window = try IntegerWindow(call)
        return [try call.type(.int32, [window.batches, window.filters] + window.geometry.output)]
      }
    ) { call, _ throws(InferenceError) in
      let window = try IntegerWindow(call)
      return dispatch(try call.input(0).elementType, try call.input(1).elementType) { window.kernel($0, $1) }
    },
  ]

  private static func dispatch(
    _ a: ElementType, _ b: ElementType, _ make: (any ByteInteger.Type, any ByteInteger.Type) -> Kernel
  ) -> Kernel {
    make(a == .int8 ? Int8.self : UInt8.self, b == .int8 ? Int8.self : UInt8.self)
  }
}

/// A whole number of eight bits.
private protocol ByteInteger: FixedWidthInteger, TensorElement {}
extension Int8: ByteInteger {}
extension UInt8: ByteInteger {}

private struct IntegerMatrices: Sendable {
  private let stack: MatrixShapes
  /// Zero points of a matrix's rows or columns: how far they move along them, and from one matrix to the next.
  private let leftSteps: (line: Int, matrix: Int)
  private let rightSteps: (line: Int, matrix: Int)

  init(_ call: OperatorCall) throws(InferenceError) {
    let stack = try MatrixShapes(call)
    self.stack = stack
    func steps(_ index: Int, of operand: Int, lines: Int) throws(InferenceError) -> (Int, Int) {
      _ = try call.elementType(operand, oneOf: [.int8, .uint8])
      guard call.has(index) else { return (0, 0) }
      guard try call.input(index).elementType == call.input(operand).elementType else {
        throw .invalid("its zero point has another type")
      }
      let (zeros, shape) = (try call.input(index).shape, try call.input(operand).shape)
      if zeros.elementCount == 1 { return (0, 0) }
      if zeros.dimensions == [lines] { return (1, 0) }
      var whole = shape.dimensions
      if whole.count >= 2 { whole[operand == 0 ? whole.count - 1 : whole.count - 2] = 1 }
      guard zeros.dimensions == whole else { throw .shape("zero points of shape \(zeros) for \(shape)") }
      return (1, lines)
    }
    leftSteps = try steps(2, of: 0, lines: stack.m)
    rightSteps = try steps(3, of: 1, lines: stack.n)
  }

  func kernel<A: ByteInteger, B: ByteInteger>(_: A.Type, _: B.Type) -> Kernel {
    let product = self
    return Kernel { arguments in product.run(arguments, A.self, B.self) }
  }

  private func run<A: ByteInteger, B: ByteInteger>(_ arguments: KernelArguments, _: A.Type, _: B.Type) {
    let (a, b) = (Elements<A>(arguments.input(0)), Elements<B>(arguments.input(1)))
    let y = Elements<Int32>(arguments.output)
    let leftZeros = arguments.optional(2).map { Elements<A>($0) }
    let rightZeros = arguments.optional(3).map { Elements<B>($0) }
    let (m, k, n) = (stack.m, stack.k, stack.n)
    y.fill(0)
    for matrix in stack.leftBatches.indices {
      let (leftStart, rightStart) = (stack.leftBatches[matrix] * m * k, stack.rightBatches[matrix] * k * n)
      precondition(
        leftStart + m * k <= a.count && rightStart + k * n <= b.count && (matrix + 1) * m * n <= y.count,
        "a kernel reads outside a tensor")
      for i in 0..<m {
        let leftZero =
          leftZeros.map { Int32($0[stack.leftBatches[matrix] * leftSteps.matrix + i * leftSteps.line]) } ?? 0
        let row = unsafe y.pointer + (matrix * m + i) * n
        for l in 0..<k {
          let value = Int32(unsafe a.pointer[leftStart + i * k + l]) - leftZero
          guard value != 0 else { continue }
          let column = unsafe b.pointer + rightStart + l * n
          if let rightZeros {
            let zero = stack.rightBatches[matrix] * rightSteps.matrix
            for j in 0..<n {
              unsafe row[j] &+= value &* (Int32(column[j]) &- Int32(rightZeros[zero + j * rightSteps.line]))
            }
          } else {
            for j in 0..<n { unsafe row[j] &+= value &* Int32(column[j]) }
          }
        }
      }
    }
  }
}

private struct IntegerWindow: Sendable {
  let geometry: WindowGeometry
  let batches: Int
  let filters: Int
  private let channels: Int
  private let groupChannels: Int
  private let groups: Int
  private let zeroStep: Int

  init(_ call: OperatorCall) throws(InferenceError) {
    let (x, w) = (try call.input(0).shape, try call.input(1).shape)
    for index in 0..<2 {
      _ = try call.elementType(index, oneOf: [.int8, .uint8])
      if call.has(index + 2), try call.input(index + 2).elementType != call.input(index).elementType {
        throw .invalid("its zero point has another type")
      }
    }
    guard x.rank >= 3, w.rank == x.rank else { throw .shape("filters of shape \(w) do not fit \(x)") }
    groups = try call.attributes.int("group", default: 1)
    guard groups > 0, w[0] % groups == 0, w[1].multipliedReportingOverflow(by: groups) == (x[1], false) else {
      throw .shape("filters of shape \(w) in \(groups) groups do not fit \(x)")
    }
    (batches, filters, channels, groupChannels) = (x[0], w[0], x[1], w[1])
    if call.has(2), try call.input(2).shape.elementCount != 1 { throw .unsupported("a zero point for each channel") }
    let zeros = call.has(3) ? try call.input(3).shape.elementCount : 1
    guard zeros == 1 || zeros == w[0] else { throw .shape("\(zeros) zero points for \(w[0]) filters") }
    zeroStep = zeros == 1 ? 0 : 1
    geometry = try WindowGeometry(call, kernel: Array(w.dimensions[2...]))
  }

  func kernel<A: ByteInteger, B: ByteInteger>(_: A.Type, _: B.Type) -> Kernel {
    let window = self
    return Kernel { arguments in window.run(arguments, A.self, B.self) }
  }

  private func run<A: ByteInteger, B: ByteInteger>(_ arguments: KernelArguments, _: A.Type, _: B.Type) {
    let (x, w) = (Elements<A>(arguments.input(0)), Elements<B>(arguments.input(1)))
    let y = Elements<Int32>(arguments.output)
    let inputZero = arguments.optional(2).map { Int32(Elements<A>($0)[0]) } ?? 0
    let zeros = arguments.optional(3).map { Elements<B>($0) }
    let plane = geometry.input.reduce(1, *)
    let (taps, places) = (geometry.kernel.reduce(1, *), geometry.output.reduce(1, *))
    let perGroup = filters / groups
    for batch in 0..<batches {
      for filter in 0..<filters {
        let zero = zeros.map { Int32($0[filter * zeroStep]) } ?? 0
        let first = filter / perGroup * groupChannels
        for place in 0..<places {
          var sum: Int32 = 0
          for tap in 0..<taps {
            guard let offset = source(place, tap) else { continue }
            for channel in 0..<groupChannels {
              let value = Int32(x[(batch * channels + first + channel) * plane + offset]) - inputZero
              sum &+= value &* (Int32(w[(filter * groupChannels + channel) * taps + tap]) - zero)
            }
          }
          y[(batch * filters + filter) * places + place] = sum
        }
      }
    }
  }

  /// Where the element lies that `tap` takes at `place`; nil in the padding, which stands for the zero point.
  private func source(_ place: Int, _ tap: Int) -> Int? {
    var (place, tap, result, span) = (place, tap, 0, 1)
    for axis in geometry.output.indices.reversed() {
      let position =
        place % geometry.output[axis] * geometry.strides[axis] + tap % geometry.kernel[axis] * geometry.dilations[axis]
        - geometry.before[axis]
      guard position >= 0, position < geometry.input[axis] else { return nil }
      result += position * span
      span *= geometry.input[axis]
      place /= geometry.output[axis]
      tap /= geometry.kernel[axis]
    }
    return result
  }
}
