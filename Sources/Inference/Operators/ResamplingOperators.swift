/// Changes of resolution.
extension OperatorRegistry {
  static let resampling: [OperatorDefinition] = [
    OperatorDefinition(
      .resize,
      infer: { call throws(InferenceError) in
        let type = try call.input(0).elementType
        guard type != .string else { throw .unsupported("resizing texts") }
        return [try call.type(type, ResizeSizes(call).dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let (shape, sizes) = (try call.input(0).shape, try ResizeSizes(call))
      let rule = try ResizeRule(call.attributes)
      var axes: [ResizeAxis] = []
      for axis in 0..<shape.rank {
        let isWhole = sizes.regions[axis] == (0, 1)
        guard sizes.scales[axis] != 1 || shape[axis] != sizes.dimensions[axis] || !isWhole else { continue }
        axes.append(
          try ResizeAxis(
            axis: axis, from: shape[axis], to: sizes.dimensions[axis], scale: sizes.scales[axis],
            region: sizes.regions[axis], rule))
      }
      guard outputs[0].shape.elementCount > 0 else { return Kernel { _ in } }
      guard !axes.isEmpty else { return Kernel { $0.output.copy(from: $0.input(0)) } }
      if rule.mode == .nearest {
        let nearest = NearestKernel(shape, outputs[0].shape, axes)
        // What lies outside the operand takes a number, which must be one of its type.
        if axes.contains(where: { $0.sources.contains(-1) }) {
          return try outputs[0].elementType.numberKernel(OutsideKernel(nearest: nearest, outside: rule.outside))
        }
        return ByteSize(of: outputs[0].elementType).kernel(nearest)
      }
      // What grows least goes first, so that the others move less.
      axes.sort { Double($0.to) / Double($0.from) < Double($1.to) / Double($1.from) }
      switch outputs[0].elementType {
      case .float32: return try ResizePasses<Float>(shape, axes, outside: rule.outside).kernel(Float.self)
      default:
        let passes = try ResizePasses<Double>(shape, axes, outside: rule.outside)
        return try outputs[0].elementType.numberKernel(passes, scratchBytes: passes.scratchBytes)
      }
    }
  ]

  /// Takes the nearest elements: axis by axis, those that lie side by side in one move.
  fileprivate struct NearestKernel: SizedKernel {
    /// For each axis, the place in the operand of every place, or -1.
    private let sources: [[Int32]]
    private let strides: [Int]
    private let spans: [Int]

    init(_ from: TensorShape, _ to: TensorShape, _ axes: [ResizeAxis]) {
      let last = axes.last?.axis ?? 0
      sources = (0...last).map { axis in
        axes.first { $0.axis == axis }?.sources ?? (0..<from[axis]).map { Int32(truncatingIfNeeded: $0) }
      }
      strides = Array(from.strides[...last])
      spans = Array(to.strides[...last])
    }

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      fill(Elements<T>(arguments.input(0)), Elements<T>(arguments.output), axis: 0, from: 0, to: 0)
    }

    private func fill<T>(_ x: Elements<T>, _ y: Elements<T>, axis: Int, from: Int, to: Int) {
      let (stride, span) = (strides[axis], spans[axis])
      for (place, source) in sources[axis].enumerated() where source >= 0 {
        if axis < sources.count - 1 {
          if place > 0, sources[axis][place - 1] == source {
            y.copy(span, of: y, from: to + (place - 1) * span, to: to + place * span)
          } else {
            fill(x, y, axis: axis + 1, from: from + Int(source) * stride, to: to + place * span)
          }
        } else if span == 1 {
          y[to + place] = x[from + Int(source)]
        } else {
          y.copy(span, of: x, from: from + Int(source) * stride, to: to + place * span)
        }
      }
    }
  }

  private struct OutsideKernel: NumberKernel {
    let nearest: NearestKernel
    let outside: Float

    func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
      let y = NumberElements(arguments.output)
      y[0] = Double(outside)
      let elements = Elements<T>(arguments.output)
      elements.fill(elements[0])
      nearest.run(arguments, T.self)
    }
  }
}

/// Resizes one axis after another, computing in `A`.
private struct ResizePasses<A: RealElement>: NumberKernel {
  private struct Pass: Sendable {
    let axis: ResizeAxis
    let outer: Int
    let inner: Int
    let count: Int
    let weights: [A]
  }

  private let passes: [Pass]
  private let outside: A
  private let buffer: TensorShape
  /// Working memory for two tensors between passes.
  let scratchBytes: Int

  init(_ shape: TensorShape, _ axes: [ResizeAxis], outside: Float) throws(InferenceError) {
    var dimensions = shape.dimensions
    var passes: [Pass] = []
    var most = shape.elementCount
    for axis in axes {
      dimensions[axis.axis] = axis.to
      guard let next = TensorShape(dimensions), next.elementCount < 1 << 40 else {
        throw .limit("a tensor between passes")
      }
      most = max(most, next.elementCount)
      passes.append(
        Pass(
          axis: axis, outer: next.product(0..<axis.axis), inner: next.product((axis.axis + 1)..<next.rank),
          count: next.elementCount, weights: axis.weights.map { A($0) }))
    }
    self.passes = passes
    self.outside = A(outside)
    let padded = (most + 15) / 16 * 16
    guard let buffer = TensorShape([padded]) else { throw .limit("a tensor between passes") }
    self.buffer = buffer
    scratchBytes = 2 * padded * MemoryLayout<A>.stride
  }

  /// For operands and results of `A` itself.
  func kernel(_: A.Type) throws(InferenceError) -> Kernel {
    let passes = self
    return Kernel(scratchBytes: scratchBytes) { arguments throws(InferenceError) in passes.run(arguments, A.self) }
  }

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    guard let scratch = arguments.scratch else { preconditionFailure("a kernel runs without its working memory") }
    let type = TensorType(elementType: A.elementType, shape: buffer)
    let halves = [0, 1].map { half in
      unsafe Elements<A>(HostTensor(base: scratch.pointer + half * type.byteCount, type: type))
    }
    var source: Elements<A>
    if T.self == A.self {
      source = Elements<A>(arguments.input(0))
    } else {
      let x = NumberElements(arguments.input(0))
      source = halves[0]
      for i in 0..<x.count { source[i] = A(x[i]) }
    }
    for (index, pass) in passes.enumerated() {
      let isLast = index == passes.count - 1
      let target = isLast && T.self == A.self ? Elements<A>(arguments.output) : halves[(index + 1) % 2]
      run(pass, source, target)
      source = target
    }
    guard T.self != A.self else { return }
    let y = NumberElements(arguments.output)
    let isReal = [.float32, .float64].contains(arguments.output.elementType)
    for i in 0..<y.count {
      let value = Double(source[i])
      y[i] = isReal ? value : value.rounded(.toNearestOrEven)
    }
  }

  private func run(_ pass: Pass, _ x: Elements<A>, _ y: Elements<A>) {
    let (axis, inner, taps) = (pass.axis, pass.inner, pass.axis.taps)
    precondition(
      pass.outer * axis.from * inner <= x.count && pass.outer * axis.to * inner <= y.count,
      "a kernel reads outside a tensor")
    let (input, output) = unsafe (x.pointer, y.pointer)
    for o in 0..<pass.outer {
      for place in 0..<axis.to {
        let row = unsafe output + (o * axis.to + place) * inner
        if axis.sources[place * taps] < 0 {
          for i in 0..<inner { unsafe row[i] = outside }
          continue
        }
        if inner < 4 {
          for i in 0..<inner {
            var sum: A = 0
            for tap in 0..<taps {
              let from = (o * axis.from + Int(axis.sources[place * taps + tap])) * inner + i
              sum += unsafe pass.weights[place * taps + tap] * input[from]
            }
            unsafe row[i] = sum
          }
          continue
        }
        for tap in 0..<taps {
          let weight = pass.weights[place * taps + tap]
          let from = unsafe input + (o * axis.from + Int(axis.sources[place * taps + tap])) * inner
          if tap == 0 {
            for i in 0..<inner { unsafe row[i] = weight * from[i] }
          } else if weight != 0 {
            for i in 0..<inner { unsafe row[i] += weight * from[i] }
          }
        }
      }
    }
  }
}
