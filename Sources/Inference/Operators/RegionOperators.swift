/// Operators that pool regions of interest to one size.
extension OperatorRegistry {
  static let roiAlign = OperatorDefinition(
    "RoiAlign",
    infer: { call throws(InferenceError) in
      let type = try call.elementType(0, oneOf: [.float32, .float64])
      let (x, regions) = (try call.input(0).shape, try call.input(1))
      _ = try call.elementType(2, oneOf: [.int64, .int32])
      guard x.rank == 4, regions.shape.rank == 2, regions.shape[1] == 4, regions.elementType == type,
        try call.input(2).shape.dimensions == [regions.shape[0]]
      else { throw .shape("regions of shape \(regions.shape) for \(x)") }
      let (height, width) = (
        try call.attributes.int("output_height", default: 1), try call.attributes.int("output_width", default: 1)
      )
      guard height > 0, width > 0 else { throw .invalid("an output of \(height) x \(width)") }
      return [try call.type(type, [regions.shape[0], x[1], height, width])]
    }
  ) { call, outputs throws(InferenceError) in
    let kernel = try RoiAlignKernel(call, outputs[0].shape)
    return outputs[0].elementType == .float64
      ? Kernel { arguments throws(InferenceError) in try kernel.run(arguments, Double.self) }
      : Kernel { arguments throws(InferenceError) in try kernel.run(arguments, Float.self) }
  }

  static let maxRoiPool = OperatorDefinition(
    "MaxRoiPool",
    infer: { call throws(InferenceError) in
      let type = try call.elementType(0, oneOf: [.float32, .float64])
      let (x, regions) = (try call.input(0).shape, try call.input(1))
      guard let size = try call.attributes.ints("pooled_shape"), size.count == 2, size.allSatisfy({ $0 > 0 }),
        x.rank == 4, regions.shape.rank == 2, regions.shape[1] == 5, regions.elementType == type
      else { throw .shape("regions of shape \(regions.shape) for \(x)") }
      return [try call.type(type, [regions.shape[0], x[1]] + size)]
    }
  ) { call, outputs throws(InferenceError) in
    let (x, size) = (try call.input(0).shape, outputs[0].shape)
    let scale = Double(try call.attributes.float("spatial_scale", default: 1))
    return Kernel { arguments throws(InferenceError) in
      let (input, y) = (NumberElements(arguments.input(0)), NumberElements(arguments.output))
      let regions = NumberElements(arguments.input(1))
      for n in 0..<size[0] {
        let batch = regions[n * 5]
        guard batch >= 0, batch < Double(x[0]) else { throw .shape("region \(n) is of picture \(batch)") }
        func edge(_ index: Int) -> Int {
          Int(max(-1e9, min(1e9, (regions[n * 5 + index] * scale).rounded(.toNearestOrAwayFromZero))))
        }
        let (left, top) = (edge(1), edge(2))
        let (width, height) = (max(1, edge(3) - left + 1), max(1, edge(4) - top + 1))
        for row in 0..<size[2] {
          for column in 0..<size[3] {
            let rows = span(row, of: size[2], length: height, start: top, limit: x[2])
            let columns = span(column, of: size[3], length: width, start: left, limit: x[3])
            for channel in 0..<size[1] {
              var largest = rows.isEmpty || columns.isEmpty ? 0 : -Double.infinity
              for i in rows {
                for j in columns {
                  largest = max(largest, input[((Int(batch) * x[1] + channel) * x[2] + i) * x[3] + j])
                }
              }
              y[((n * size[1] + channel) * size[2] + row) * size[3] + column] = largest
            }
          }
        }
      }
    }
  }

  /// The places of part `index` of `count` of `length` places that begin at `start`.
  private static func span(_ index: Int, of count: Int, length: Int, start: Int, limit: Int) -> Range<Int> {
    let part = Double(length) / Double(count)
    let low = max(0, min(limit, Int((Double(index) * part).rounded(.down)) + start))
    let high = max(0, min(limit, Int((Double(index + 1) * part).rounded(.up)) + start))
    return low..<max(low, high)
  }
}

/// Samples each region at evenly spread points, between elements, and takes their mean or maximum.
private struct RoiAlignKernel: Sendable {
  private let input: TensorShape
  private let output: TensorShape
  private let scale: Float
  private let ratio: Int
  private let halfPixel: Bool
  private let takesMaximum: Bool

  init(_ call: OperatorCall, _ output: TensorShape) throws(InferenceError) {
    input = try call.input(0).shape
    self.output = output
    scale = try call.attributes.float("spatial_scale", default: 1)
    ratio = try call.attributes.int("sampling_ratio", default: 0)
    guard ratio >= 0, ratio < 1 << 12 else { throw .invalid("a sampling ratio of \(ratio)") }
    switch try call.attributes.string("coordinate_transformation_mode", default: "half_pixel") {
    case "half_pixel": halfPixel = true
    case "output_half_pixel": halfPixel = false
    case let mode: throw .unsupported("coordinate transformation \(mode)")
    }
    switch try call.attributes.string("mode", default: "avg") {
    case "avg": takesMaximum = false
    case "max": takesMaximum = true
    case let mode: throw .unsupported("pooling mode \(mode)")
    }
  }

  func run<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ arguments: KernelArguments, _: T.Type
  ) throws(InferenceError) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let (regions, batches) = (Elements<T>(arguments.input(1)), IndexElements(arguments.input(2)))
    let (channels, plane) = (input[1], input[2] * input[3])
    let offset: T = halfPixel ? 0.5 : 0
    for n in 0..<output[0] {
      let batch = try batches.place(n, of: input[0])
      let (left, top) = (regions[n * 4] * T(scale) - offset, regions[n * 4 + 1] * T(scale) - offset)
      var width = regions[n * 4 + 2] * T(scale) - offset - left
      var height = regions[n * 4 + 3] * T(scale) - offset - top
      if !halfPixel { (width, height) = (max(width, 1), max(height, 1)) }
      let (binHeight, binWidth) = (height / T(output[2]), width / T(output[3]))
      let rows = try points(binHeight)
      let columns = try points(binWidth)
      for row in 0..<output[2] {
        for column in 0..<output[3] {
          for channel in 0..<channels {
            let base = (batch * channels + channel) * plane
            var (sum, largest): (T, T) = (0, -.infinity)
            for i in 0..<rows {
              let v = top + T(row) * binHeight + (T(i) + 0.5) * binHeight / T(rows)
              for j in 0..<columns {
                let u = left + T(column) * binWidth + (T(j) + 0.5) * binWidth / T(columns)
                let (mean, most) = sample(x, base, v, u)
                sum += mean
                largest = max(largest, most)
              }
            }
            let count = rows * columns
            let value = takesMaximum ? (count > 0 ? largest : 0) : sum / T(max(1, count))
            y[((n * channels + channel) * output[2] + row) * output[3] + column] = value
          }
        }
      }
    }
  }

  /// Points along one side of a bin.
  private func points<T: BinaryFloatingPoint>(_ side: T) throws(InferenceError) -> Int {
    if ratio > 0 { return ratio }
    guard side.isFinite, side < 65536 else { throw .limit("a region of bins of \(side) elements") }
    return Int(max(0, side.rounded(.up)))
  }

  /// The value between four elements, and the largest of their shares.
  private func sample<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ x: Elements<T>, _ base: Int, _ v: T, _ u: T
  ) -> (T, T) {
    let (height, width) = (input[2], input[3])
    guard v >= -1, v <= T(height), u >= -1, u <= T(width), height > 0, width > 0 else { return (0, 0) }
    func split(_ value: T, _ size: Int) -> (low: Int, high: Int, fraction: T) {
      let value = max(value, 0)
      let low = Int(value)
      return low >= size - 1 ? (size - 1, size - 1, 0) : (low, low + 1, value - T(low))
    }
    let (row, column) = (split(v, height), split(u, width))
    let a = (1 - row.fraction) * (1 - column.fraction) * x[base + row.low * width + column.low]
    let b = (1 - row.fraction) * column.fraction * x[base + row.low * width + column.high]
    let c = row.fraction * (1 - column.fraction) * x[base + row.high * width + column.low]
    let d = row.fraction * column.fraction * x[base + row.high * width + column.high]
    return (a + b + c + d, max(max(a, b), max(c, d)))
  }
}
