public import BraidCore

/// What can go wrong with a model or while it runs.
public struct InferenceError: DescribedError {
  /// The sorts of error, by what the caller can do. More may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// A short stable name in kebab-case.
    public let rawValue: String

    /// A code of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file cannot be read.
    public static let unreadable = Code(rawValue: "unreadable")
    /// The file is not an ONNX model.
    public static let notAModel = Code(rawValue: "not-a-model")
    /// The file ends in the middle of the model.
    public static let truncated = Code(rawValue: "truncated")
    /// The model uses an operator, or a form of one, that this engine does not run.
    public static let unsupportedOperator = Code(rawValue: "unsupported-operator")
    /// The model uses a part of the format, such as external data, that this engine does not read.
    public static let unsupportedFeature = Code(rawValue: "unsupported-feature")
    /// The model contradicts itself or the standard.
    public static let invalidGraph = Code(rawValue: "invalid-graph")
    /// A limit of `ModelLimits`, or the machine's memory, was reached.
    public static let limitExceeded = Code(rawValue: "limit-exceeded")
    /// Shapes that do not fit each other, or what was asked for.
    public static let shapeMismatch = Code(rawValue: "shape-mismatch")
    /// A named input or output does not exist, or an input was not given.
    public static let missingInput = Code(rawValue: "missing-input")
    /// An option contradicts the model.
    public static let invalidOption = Code(rawValue: "invalid-option")
    /// A file cannot be written.
    public static let unwritable = Code(rawValue: "unwritable")
    /// oneDNN refused a call.
    public static let library = Code(rawValue: "library")
  }

  /// The sort of error.
  public let code: Code
  /// What went wrong, in one sentence, with the values that matter.
  public let message: String
  /// Where: the model's file, or the node by name and operator.
  public internal(set) var location: String
  /// What the user can do about it; empty where nothing is known.
  public let remedy: String
  /// Whether only a run that computes node by node, with every operand known, can go on from here.
  var needsContents = false
  /// The C library's own words, where one was asked.
  public let cause: String?

  /// The code's name.
  public var name: String { code.rawValue }

  init(_ code: Code, _ message: String, location: String = "", remedy: String = "", cause: String? = nil) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.cause = cause
  }

  static func invalid(_ message: String) -> InferenceError { InferenceError(.invalidGraph, message) }
  static func shape(_ message: String) -> InferenceError { InferenceError(.shapeMismatch, message) }
  static func limit(_ message: String) -> InferenceError { InferenceError(.limitExceeded, message) }

  static func unsupportedFeature(_ message: String) -> InferenceError { InferenceError(.unsupportedFeature, message) }

  /// What a plan of fixed shapes cannot hold, and a `DynamicSession` can.
  static func dependsOnData(_ message: String) -> InferenceError {
    var error = InferenceError(
      .unsupportedOperator, message,
      remedy: "Run it with a dynamic session, or give fixed shapes, or constant inputs, in the session's options")
    error.needsContents = true
    return error
  }

  /// The same of a branch of which only the data says whether it is taken: what does not fit there, or is not supported
  /// there with these shapes, is no error of the model before it is.
  var inBranch: InferenceError {
    guard !needsContents, [.shapeMismatch, .invalidGraph, .unsupportedOperator].contains(code) else { return self }
    return .dependsOnData("a branch cannot be planned: \(message)").at(location)
  }

  static func unsupported(_ message: String) -> InferenceError {
    InferenceError(
      .unsupportedOperator, message, remedy: "Export the model without it, or run it with another engine")
  }

  /// What went wrong and where, without what could be done about it.
  var reason: String { location.isEmpty ? message : "\(location): \(message)" }

  /// Whether the model runs all the same, by a ``DynamicSession`` node by node: what it says depends on the data.
  public var runsNodeByNode: Bool { needsContents }

  /// Whether the model, or the form in which an operator is used, is beyond this engine, rather than wrong.
  public var isUnsupported: Bool { code == .unsupportedOperator || code == .unsupportedFeature }

  /// The same error, located where no location was given before.
  func at(_ location: @autoclosure () -> String) -> InferenceError {
    guard self.location.isEmpty else { return self }
    var copy = self
    copy.location = location()
    return copy
  }

  /// The same error, located inside `whole`: a model's file or name.
  func within(_ whole: String) -> InferenceError {
    var copy = self
    copy.location = location.isEmpty ? whole : "\(whole): \(location)"
    return copy
  }
}
