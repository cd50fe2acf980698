import Testing

@testable import BraidInference

/// Operators with operands and attributes drawn at random: a result or an error, never a trap.
@Suite struct HostileUseTests {
  static let kinds: [OperatorKind] = [
    .reshape, .flatten, .squeeze, .unsqueeze, .transpose, "Expand", "Tile", .concat, "Split", .slice, .pad, "Gather",
    "GatherElements", "GatherND", "ScatterElements", "ScatterND", "TensorScatter", "Shape", "Size", "Range",
    "ConstantOfShape", "EyeLike", "OneHot", "Trilu", "DepthToSpace", "SpaceToDepth", "ReverseSequence", "NonZero",
    "Compress", "Unique", "CenterCropPad", "Col2Im", .resize, "GridSample", "AffineGrid", "RoiAlign",
    "NonMaxSuppression", "MaxRoiPool", "TfIdfVectorizer", "HannWindow", "DFT", "STFT", "MelWeightMatrix",
    .quantizeLinear, .dequantizeLinear, "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger",
  ]

  private static let whole: [Int64] = [0, 0, 1, 1, 2, 2, 3, 4, 5, -1, -2, -5, 1 << 20, 1 << 40, .max, .min]
  private static let real: [Float] = [0, 1, 0.5, -1, 2, 3.7, 1e-9, 1e9, -1e30, .infinity, .nan]
  private static let names = [
    "axis", "axes", "perm", "mode", "num_outputs", "batch_dims", "reduction", "start", "end", "dtype", "k", "upper",
    "blocksize", "time_axis", "batch_axis", "sorted", "kernel_shape", "dilations", "pads", "strides", "group",
    "coordinate_transformation_mode", "nearest_mode", "antialias", "exclude_outside", "keep_aspect_ratio_policy",
    "cubic_coeff_a", "align_corners", "padding_mode", "output_height", "output_width", "sampling_ratio",
    "spatial_scale", "center_point_box", "pooled_shape", "min_gram_length", "max_gram_length", "max_skip_count",
    "ngram_counts", "ngram_indexes", "pool_int64s", "inverse", "onesided", "output_datatype", "block_size",
    "output_dtype", "precision", "allowzero",
  ]
  private static let words = [
    "constant", "reflect", "wrap", "edge", "linear", "cubic", "nearest", "circular", "CRD", "add", "max", "TF", "IDF",
    "half_pixel", "align_corners", "tf_crop_and_resize", "half_pixel_symmetric", "ceil", "not_larger", "border",
    "reflection", "zeros", "avg",
  ]

  private static func operand(_ random: inout Seeded) throws -> Tensor? {
    guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
    let dimensions = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      [0, 1, 1, 2, 2, 3, 4, 4].randomElement(using: &random) ?? 1
    }
    let count = dimensions.reduce(1, *)
    switch Int.random(in: 0..<7, using: &random) {
    case 0, 1: return try tensor((0..<count).map { _ in real.randomElement(using: &random) ?? 0 }, dimensions)
    case 2, 3: return try tensor((0..<count).map { _ in whole.randomElement(using: &random) ?? 0 }, dimensions)
    case 4: return try tensor((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, dimensions)
    case 5:
      return try tensor((0..<count).map { _ in UInt8.random(in: 0...1, using: &random) }, dimensions).viewed(as: .bool)
    default: return try tensor((0..<count).map { _ in Double.random(in: -9...9, using: &random) }, dimensions)
    }
  }

  private static func attribute(_ random: inout Seeded) -> AttributeValue {
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: .int(Int(whole.randomElement(using: &random) ?? 0))
    case 2: .float(real.randomElement(using: &random) ?? 0)
    case 3:
      .ints((0..<Int.random(in: 0...4, using: &random)).map { _ in Int(whole.randomElement(using: &random) ?? 0) })
    default: .string(words.randomElement(using: &random) ?? "")
    }
  }

  @Test("Whatever an operator is given, it ends in a result of its shape or in an error", arguments: kinds)
  func survives(kind: OperatorKind) throws {
    var results = 0
    for seed in 0..<400 as Range<UInt64> {
      var random = Seeded(seed)
      var use = OperatorUse(kind, outputs: kind == "Unique" ? 4 : 1)
      use.limits.tensorBytes = 1 << 20
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        use.attributes[Self.names.randomElement(using: &random) ?? ""] = Self.attribute(&random)
      }
      var operands: [Tensor?] = []
      for _ in 0..<Int.random(in: 1...4, using: &random) { operands.append(try Self.operand(&random)) }
      guard let found = try? use.results(operands) else { continue }
      results += 1
      for tensor in found {
        #expect(tensor.storage.byteCount >= tensor.type.byteCount, "\(kind.rawValue), seed \(seed)")
        #expect(tensor.type.byteCount <= 1 << 20, "\(kind.rawValue), seed \(seed)")
      }
    }
    if ["Shape", "Size", .transpose, "NonZero", "Unique", .flatten].contains(kind) { #expect(results > 100) }
  }
}
