/// How a plan is made from a model.
public struct SessionOptions: Sendable, Hashable {
  /// How far the graph is rewritten.
  public enum Optimisation: Sendable, Hashable {
    /// Every node as it stands, by its plain implementation: the meaning of the model.
    case reference
    /// Fused, quantised values kept whole, through oneDNN where it has the operator.
    case fused
  }

  /// Threads that one run may use, the calling one included; at least 1.
  public var threads = 1
  /// Sizes for symbolic dimensions, by name; those without one are 1.
  public var symbolicDimensions: [String: Int] = [:]
  /// Whole shapes for inputs, by name, before symbolic dimensions are looked up.
  public var inputShapes: [String: [Int]] = [:]
  /// Whole-number inputs that never change, by name: every element is the value. They are no inputs of the session.
  public var constantInputs: [String: Int] = [:]
  /// Real inputs, by name, that are taken as bytes where the first thing that the model does with them is to quantise them: their
  /// ``TensorInfo`` then has the type of the bytes and what they stand for. The others stay as they are.
  public var storedInputs: Set<String> = []
  /// How far the graph is rewritten.
  public var optimisation = Optimisation.fused
  /// How one of oneDNN's implementations is chosen for a layer.
  public var kernels = KernelChoice.rule
  /// For tests: the implementation to take wherever oneDNN has it and it is allowed.
  var forcedImplementation: String?

  /// One thread, fused, open dimensions of size 1.
  public init() {}
}
