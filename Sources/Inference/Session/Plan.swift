/// A compiled model: what to run in which order, on memory of fixed sizes. Immutable; many sessions share one.
public final class Plan: Sendable {
  /// What a session takes, every dimension fixed; inputs made constant by the options are left out.
  public let inputs: [TensorInfo]
  /// What a session gives, every dimension fixed.
  public let outputs: [TensorInfo]
  /// The model's name.
  public let name: String
  /// Threads that one run uses.
  public let threads: Int
  /// The bytes of working memory that each session takes; the parameters come once, with the plan.
  public let stateByteCount: Int

  let slots: [Slot]
  let steps: [Step]
  let inputPlaces: [Place]
  let outputPlaces: [Place]
  let scratchSlot: Int?

  /// Compiles `model`: shapes, folding, fusion, packing of parameters, kernels.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - options: shapes, threads, how far to optimise.
  /// - Throws: `unsupported-operator`, `invalid-graph`, `shape-mismatch`, `missing-input` and `invalid-option` where
  ///   options do not fit the model, `limit-exceeded`, `library`, `unwritable`.
  public init(_ model: Model, options: SessionOptions = SessionOptions()) throws(InferenceError) {
    do throws(InferenceError) {
      var builder = try PlanBuilder(model, options)
      OneDNN.setThreads(1)
      try builder.build()
      try builder.kernels?.save()
      let layout = builder.arrange()
      guard layout.byteCount <= model.limits.totalBytes else {
        throw .limit("a session would take \(layout.byteCount) bytes; the limit is \(model.limits.totalBytes)")
      }
      name = model.name
      threads = options.threads
      inputs = builder.inputInfo
      outputs = builder.outputInfo
      slots = layout.slots
      stateByteCount = layout.byteCount
      steps = builder.steps
      inputPlaces = builder.inputPlaces
      outputPlaces = builder.outputPlaces
      scratchSlot = builder.scratchSlot
    } catch {
      throw error.within(model.name)
    }
  }

  /// The steps by their provider and operator, in order, for logs and tests: `oneDNN Conv`, `reference If`.
  public var stepDescriptions: [String] { steps.map(\.description) }
}

/// Where a step finds memory: constant, or at an offset in each session's own.
struct Slot: Sendable {
  var byteCount: Int
  /// Constant memory, which the plan owns.
  var constant: TensorStorage?
  /// The offset in a session's memory, for slots that are not constant.
  var offset = 0
}

/// A plain tensor in a slot.
struct Place: Sendable {
  var slot: Int
  var type: TensorType
}

/// One thing to do.
enum Step: Sendable {
  /// Run a kernel of the reference provider.
  case kernel(KernelStep)
  /// Run one of two lists of steps.
  case branch(BranchStep)
  /// Run a primitive of oneDNN, computations and copies between layouts alike.
  case primitive(PrimitiveStep)

  var description: String {
    switch self {
    case .kernel(let step): "\(step.provider) \(step.operation)"
    case .branch: "reference If"
    case .primitive(let step): "oneDNN \(step.operation)"
    }
  }
}

/// A kernel with the places it works on.
struct KernelStep: Sendable {
  let operation: String
  /// What an error names.
  let location: String
  let kernel: Kernel
  let inputs: [Place?]
  let outputs: [Place]
  /// Whose code runs: `reference` for an operator's plain implementation, `native` for a kernel of our own.
  var provider = "reference"
  /// The threads that it runs on.
  var threads = 1
}

/// A condition, and what to do either way.
struct BranchStep: Sendable {
  let condition: Place
  let then: [Step]
  let otherwise: [Step]
}
