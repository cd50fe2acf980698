/// Operators that read a picture at places that another tensor gives.
extension OperatorRegistry {
  static let sampling: [OperatorDefinition] = [
    OperatorDefinition(
      "GridSample",
      infer: { call throws(InferenceError) in
        let (x, grid) = (try call.input(0), try call.input(1))
        let type = try call.elementType(1, oneOf: [.float32, .float64])
        guard x.shape.rank >= 3, grid.shape.rank == x.shape.rank, x.shape.rank <= 5, grid.shape[0] == x.shape[0],
          grid.shape[x.shape.rank - 1] == x.shape.rank - 2
        else { throw .shape("a grid of shape \(grid.shape) for \(x.shape)") }
        guard x.elementType == type else { throw .unsupported("a grid of \(type) for elements of \(x.elementType)") }
        return [
          try call.type(
            x.elementType, Array(x.shape.dimensions.prefix(2)) + grid.shape.dimensions[1..<(x.shape.rank - 1)])
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let sampler = try GridSampler(
        call.attributes, shape: call.input(0).shape, places: outputs[0].shape.product(2..<outputs[0].shape.rank))
      return outputs[0].elementType == .float64
        ? Kernel { sampler.run($0, Double.self) } : Kernel { sampler.run($0, Float.self) }
    },
    OperatorDefinition(
      "AffineGrid",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: [.float32, .float64])
        let theta = try call.input(0).shape
        guard let sizes = try call.integers(1), sizes.count == 4 || sizes.count == 5,
          theta.dimensions == [sizes[0], sizes.count - 2, sizes.count - 1]
        else { throw .shape("transformations of shape \(theta) do not fit the size") }
        return [try call.type(type, [sizes[0]] + sizes[2...] + [sizes.count - 2])]
      }
    ) { call, outputs throws(InferenceError) in
      let sizes = Array(outputs[0].shape.dimensions[1..<(outputs[0].shape.rank - 1)])
      let aligned = try call.attributes.int("align_corners", default: 0) != 0
      return try outputs[0].elementType.numberKernel(AffineKernel(sizes: sizes, aligned: aligned))
    },
    roiAlign, maxRoiPool,
  ]

  private struct AffineKernel: NumberKernel {
    let sizes: [Int]
    let aligned: Bool

    func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
      let (theta, y) = (NumberElements(arguments.input(0)), NumberElements(arguments.output))
      let axes = sizes.count
      let places = sizes.reduce(1, *)
      for i in 0..<(y.count / axes) {
        let (batch, place) = (i / places, i % places)
        for row in 0..<axes {
          var sum = theta[(batch * axes + row) * (axes + 1) + axes]
          var rest = place
          // The grid's last coordinate belongs to the outermost axis.
          for axis in sizes.indices.reversed() {
            let index = Double(rest % sizes[axis])
            rest /= sizes[axis]
            let size = Double(sizes[axis])
            let coordinate = aligned ? (size > 1 ? 2 * index / (size - 1) - 1 : -1) : (2 * index + 1) / size - 1
            sum += theta[(batch * axes + row) * (axes + 1) + axes - 1 - axis] * coordinate
          }
          y[i * axes + row] = sum
        }
      }
    }
  }
}

/// Reads `[batch, channels, axes…]` at the places of a grid.
private struct GridSampler: Sendable {
  private enum Padding: String, Sendable { case zeros, border, reflection }

  private let taps: Int
  private let padding: Padding
  private let aligned: Bool
  private let batches: Int
  private let channels: Int
  private let sizes: [Int]
  private let strides: [Int]
  private let places: Int

  init(_ attributes: Attributes, shape: TensorShape, places: Int) throws(InferenceError) {
    switch try attributes.string("mode", default: "linear") {
    case "linear", "bilinear": taps = 2
    case "nearest": taps = 1
    case "cubic", "bicubic": taps = 4
    case let mode: throw .unsupported("sampling mode \(mode)")
    }
    let name = try attributes.string("padding_mode", default: "zeros")
    guard let padding = Padding(rawValue: name) else { throw .unsupported("padding mode \(name)") }
    self.padding = padding
    aligned = try attributes.int("align_corners", default: 0) != 0
    (batches, channels) = (shape[0], shape[1])
    sizes = Array(shape.dimensions[2...])
    strides = Array(shape.strides[2...])
    self.places = places
    guard shape.elementCount > 0 || places == 0 || batches * channels == 0 else { throw .shape("\(shape) is empty") }
  }

  func run<T: BinaryFloatingPoint & BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let grid = Elements<T>(arguments.input(1))
    let axes = sizes.count
    let plane = sizes.reduce(1, *)
    var offsets = InlineArray<12, Int>(repeating: -1)
    var weights = InlineArray<12, T>(repeating: 0)
    for batch in 0..<batches {
      for place in 0..<places {
        for axis in 0..<axes {
          // The grid's last coordinate belongs to the outermost axis.
          let coordinate = grid[(batch * places + place) * axes + axes - 1 - axis]
          fill(&offsets, &weights, axis, coordinate)
        }
        for channel in 0..<channels {
          let base = (batch * channels + channel) * plane
          y[(batch * channels + channel) * places + place] = sum(x, base, offsets, weights, 0)
        }
      }
    }
  }

  /// The elements, as distances from the start, and shares that `coordinate` takes along `axis`.
  private func fill<T: BinaryFloatingPoint>(
    _ offsets: inout InlineArray<12, Int>, _ weights: inout InlineArray<12, T>, _ axis: Int, _ coordinate: T
  ) {
    let size = T(sizes[axis])
    let (low, high): (T, T) = aligned ? (0, size - 1) : (-0.5, size - 0.5)
    var x = aligned ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2
    if !x.isFinite || abs(x) > 1e9 { x = x.isNaN ? -1e9 : max(-1e9, min(1e9, x)) }
    if taps == 1 { x = x.rounded(.toNearestOrEven) }
    if x < low || x > high {
      switch padding {
      case .zeros: break
      case .border: x = max(0, min(size - 1, x))
      case .reflection: x = reflected(x, low, high)
      }
    }
    let floor = x.rounded(.down)
    let (fraction, first) = (x - floor, Int(floor) - (taps == 4 ? 1 : 0))
    for tap in 0..<taps {
      var index = first + tap
      if index < 0 || index >= sizes[axis] {
        switch padding {
        case .zeros: index = -1
        case .border: index = max(0, min(sizes[axis] - 1, index))
        case .reflection: index = max(0, min(sizes[axis] - 1, Int(reflected(T(index), low, high))))
        }
      }
      offsets[axis * 4 + tap] = index < 0 ? -1 : index * strides[axis]
      weights[axis * 4 + tap] = share(tap, fraction)
    }
  }

  private func share<T: BinaryFloatingPoint>(_ tap: Int, _ fraction: T) -> T {
    switch taps {
    case 1: return 1
    case 2: return tap == 0 ? 1 - fraction : fraction
    default:
      let (x, a) = (abs(T(tap - 1) - fraction), T(-0.75))
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }
  }

  private func reflected<T: BinaryFloatingPoint>(_ x: T, _ low: T, _ high: T) -> T {
    let range = high - low
    guard range > 0 else { return 0 }
    guard x < low || x > high else { return x }
    let beyond = x < low ? low - x : x - high
    let turns = (beyond / range).rounded(.towardZero)
    let rest = beyond - turns * range
    let isEven = Int(turns) % 2 == 0
    return (x < low) == isEven ? low + rest : high - rest
  }

  private func sum<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ x: Elements<T>, _ base: Int, _ offsets: InlineArray<12, Int>, _ weights: InlineArray<12, T>, _ axis: Int
  ) -> T {
    var result: T = 0
    for tap in 0..<taps where offsets[axis * 4 + tap] >= 0 {
      let next = base + offsets[axis * 4 + tap]
      let value = axis == sizes.count - 1 ? x[next] : sum(x, next, offsets, weights, axis + 1)
      result += weights[axis * 4 + tap] * value
    }
    return result
  }
}
