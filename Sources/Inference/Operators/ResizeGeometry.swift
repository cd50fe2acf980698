/// Where the places of a resized axis lie in the operand, and how much of which elements they take.
struct ResizeAxis: Sendable {
  let axis: Int
  let from: Int
  let to: Int
  /// Elements that each place of the result takes; 1 where it takes the nearest.
  let taps: Int
  /// For each place, the elements it takes, `taps` of them; -1 where it lies outside and takes the value for that.
  private(set) var sources: [Int32] = []
  /// For each place, the share of each of them.
  private(set) var weights: [Float] = []

  /// The rule for `axis` of `from` elements that become `to`, `scale` times as many; `region` is the part that
  /// `tf_crop_and_resize` takes.
  init(
    axis: Int, from: Int, to: Int, scale: Float, region: (Float, Float), _ rule: ResizeRule
  ) throws(InferenceError) {
    guard from > 0 || to == 0, from < 1 << 31 else { throw .shape("an axis of \(from) cannot be resized to \(to)") }
    self.axis = axis
    self.from = from
    self.to = to
    let stretch = rule.antialias ? Double(max(1, 1 / scale)) : 1
    let reach = (rule.mode == .cubic ? 2 : 1) * stretch
    let count: Int
    switch rule.mode {
    case .nearest: count = 1
    case .linear, .cubic:
      guard reach < 0x1p20 else { throw .limit("a scale of \(scale) with antialiasing") }
      count = 2 * Int(reach.rounded(.up))
    }
    taps = count
    sources.reserveCapacity(to * count)
    weights.reserveCapacity(to * count)
    for place in 0..<to {
      let position = rule.position(place, from: from, to: to, scale: scale, region)
      if rule.transform == .tfCropAndResize, !(position >= 0 && position <= Float(from - 1)) {
        sources += [Int32](repeating: -1, count: count)
        weights += [Float](repeating: 0, count: count)
        continue
      }
      let clamped = position.isFinite ? max(-1e9, min(1e9, position)) : 0
      if rule.mode == .nearest {
        sources.append(Int32(max(0, min(Float(from - 1), rule.nearest(clamped)))))
        weights.append(1)
        continue
      }
      let (floor, fraction) = (clamped.rounded(.down), Double(clamped - clamped.rounded(.down)))
      let first = Int(floor) - count / 2 + 1
      var shares: [Double] = []
      for tap in 0..<count {
        let inside = first + tap >= 0 && first + tap < from
        let distance = (Double(tap - count / 2 + 1) - fraction) / stretch
        shares.append(rule.excludeOutside && !inside ? 0 : rule.share(distance))
      }
      let sum = shares.reduce(0, +)
      for tap in 0..<count {
        sources.append(Int32(max(0, min(from - 1, first + tap))))
        weights.append(Float(sum == 0 ? 0 : shares[tap] / sum))
      }
    }
  }
}

/// How `Resize` finds and weighs the elements of a place: its attributes.
struct ResizeRule: Sendable {
  enum Mode: String, Sendable { case nearest, linear, cubic }

  enum Transform: String, Sendable {
    case halfPixel = "half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric
    case tfHalfPixelForNN = "tf_half_pixel_for_nn"
    case tfCropAndResize = "tf_crop_and_resize"
  }

  enum Rounding: String, Sendable {
    case preferFloor = "round_prefer_floor"
    case preferCeil = "round_prefer_ceil"
    case floor
    case ceil
  }

  let mode: Mode
  let transform: Transform
  let rounding: Rounding
  let cubic: Double
  let excludeOutside: Bool
  let antialias: Bool
  /// What places outside the operand take, with `tf_crop_and_resize`.
  let outside: Float

  init(_ attributes: Attributes) throws(InferenceError) {
    let name = try attributes.string("mode", default: "nearest")
    guard let mode = Mode(rawValue: name) else { throw .unsupported("resizing mode \(name)") }
    let change = try attributes.string("coordinate_transformation_mode", default: "half_pixel")
    guard let transform = Transform(rawValue: change) else { throw .unsupported("coordinate transformation \(change)") }
    let round = try attributes.string("nearest_mode", default: "round_prefer_floor")
    guard let rounding = Rounding(rawValue: round) else { throw .unsupported("nearest_mode \(round)") }
    (self.mode, self.transform, self.rounding) = (mode, transform, rounding)
    cubic = Double(try attributes.float("cubic_coeff_a", default: -0.75))
    excludeOutside = try attributes.int("exclude_outside", default: 0) != 0
    antialias = try attributes.int("antialias", default: 0) != 0 && mode != .nearest
    outside = try attributes.float("extrapolation_value", default: 0)
  }

  /// Where `place` of the result lies in the operand.
  func position(_ place: Int, from: Int, to: Int, scale: Float, _ region: (Float, Float)) -> Float {
    let (x, length) = (Float(place), scale * Float(from))
    switch transform {
    case .asymmetric: return x / scale
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .tfHalfPixelForNN: return (x + 0.5) / scale
    case .pytorchHalfPixel: return to > 1 ? (x + 0.5) / scale - 0.5 : mode == .nearest ? 0 : -0.5
    case .alignCorners:
      return length == 1 || to == 1 ? 0 : x * Float(from - 1) / ((length == length.rounded() ? Float(to) : length) - 1)
    case .halfPixelSymmetric:
      let offset = Float(from) / 2 * (1 - Float(to) / length)
      return offset + (x + 0.5) / scale - 0.5
    case .tfCropAndResize:
      let (start, end) = region
      if to == 1 { return 0.5 * (start + end) * Float(from - 1) }
      return start * Float(from - 1) + x * (end - start) * Float(from - 1) / Float(to - 1)
    }
  }

  /// The element nearest to `position`.
  func nearest(_ position: Float) -> Float {
    switch rounding {
    case .preferFloor: (position - 0.5).rounded(.up)
    case .preferCeil: (position + 0.5).rounded(.down)
    case .floor: position.rounded(.down)
    case .ceil: position.rounded(.up)
    }
  }

  /// The share of an element at `distance` from the place, before all are made to sum up to 1.
  func share(_ distance: Double) -> Double {
    let (x, a) = (abs(distance), cubic)
    if mode == .linear { return max(0, 1 - x) }
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}

/// The sizes that a `Resize` gives its result, and the scales behind them.
struct ResizeSizes: Sendable {
  var dimensions: [Int]
  var scales: [Float]
  /// The part of each axis that `tf_crop_and_resize` takes.
  var regions: [(Float, Float)]

  init(_ call: OperatorCall) throws(InferenceError) {
    let shape = try call.input(0).shape
    var axes: [Int] = []
    for axis in try call.attributes.ints("axes") ?? Array(0..<shape.rank) {
      axes.append(try call.axis(axis, rank: shape.rank))
    }
    dimensions = shape.dimensions
    scales = [Float](repeating: 1, count: shape.rank)
    regions = [(Float, Float)](repeating: (0, 1), count: shape.rank)
    if try call.attributes.string("coordinate_transformation_mode", default: "half_pixel") == "tf_crop_and_resize" {
      guard let roi = try call.tensor(1).floats, roi.count == 2 * axes.count else {
        throw .shape("its region is not two numbers an axis")
      }
      for (i, axis) in axes.enumerated() { regions[axis] = (roi[i], roi[i + axes.count]) }
    }
    if let sizes = try call.integers(3), !sizes.isEmpty {
      guard sizes.count == axes.count, sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }) else {
        throw .shape("\(sizes.count) sizes for \(axes.count) axes of \(shape)")
      }
      try resize(axes, to: sizes, call.attributes.string("keep_aspect_ratio_policy", default: "stretch"))
      return
    }
    guard call.has(2), let given = try call.tensor(2).floats, given.count == axes.count else {
      throw .shape("its scales are not one number an axis")
    }
    for (axis, scale) in zip(axes, given) {
      let result = (Double(shape[axis]) * Double(scale)).rounded(.down)
      let single = (Float(shape[axis]) * scale).rounded(.down)
      guard scale > 0, single.isFinite, result < 1e9 else { throw .shape("a scale of \(scale)") }
      dimensions[axis] = Int(single)
      scales[axis] = scale
    }
  }

  private mutating func resize(_ axes: [Int], to sizes: [Int], _ policy: String) throws(InferenceError) {
    let all = zip(axes, sizes).map { Float($1) / Float(max(1, dimensions[$0])) }
    let common: Float?
    switch policy {
    case "stretch": common = nil
    case "not_larger": common = all.min()
    case "not_smaller": common = all.max()
    default: throw .invalid("keep_aspect_ratio_policy \(policy) is unknown")
    }
    for (i, axis) in axes.enumerated() {
      scales[axis] = common ?? all[i]
      if let common {
        let size = (common * Float(dimensions[axis]) + 0.5).rounded(.down)
        guard size < 1e9 else { throw .shape("a scale of \(common)") }
        dimensions[axis] = Int(size)
      } else {
        dimensions[axis] = sizes[i]
      }
    }
  }
}
