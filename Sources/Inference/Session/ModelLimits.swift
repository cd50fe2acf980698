/// Bounds on what a model file may ask for. Passing one is a `limit-exceeded` error.
public struct ModelLimits: Sendable, Hashable {
  /// The largest file, in bytes.
  public var fileBytes = 1 << 31
  /// The largest single tensor, parameter or computed, in bytes.
  public var tensorBytes = 1 << 30
  /// All parameters of a model, all constants or the working memory of a plan, or all tensors that are alive at once
  /// in a run node by node, in bytes.
  public var totalBytes = 1 << 32
  /// The most nodes, those of branches included.
  public var nodes = 100_000
  /// How deep branches may nest.
  public var depth = 16
  /// The most operators that one run node by node computes, each pass of a loop counted.
  public var steps = 10_000_000

  /// The limits in force where none are given.
  public static let `default` = ModelLimits()

  /// The default limits, to be changed field by field.
  public init() {}

  func check(tensor type: TensorType) throws(InferenceError) {
    guard type.byteCount <= tensorBytes else {
      throw .limit("a tensor of shape \(type.shape) takes \(type.byteCount) bytes; the limit is \(tensorBytes)")
    }
  }
}
