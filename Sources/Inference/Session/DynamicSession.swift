/// A model that takes inputs of any shapes, and values that are no tensors.
///
/// For each set of input shapes it makes a plan and keeps it; what no plan can hold (shapes that depend on data, loops,
/// sequences, options, texts) it runs node by node. Not Sendable: one thread, or one actor, owns it. Allocates at every
/// run; a `Plan` with an `InferenceSession` does not.
public final class DynamicSession {
  /// What is run.
  public let model: Model
  /// How plans are made.
  public let options: SessionOptions

  private struct Entry {
    let shapes: [String: [Int]]
    let way: Way
  }

  private enum Way {
    case planned(InferenceSession)
    /// No plan can hold the model with these shapes, and why.
    case nodeByNode(reason: String)
  }
  /// The plans made, the one used last at the end.
  private var entries: [Entry] = []
  private var interpreter: Interpreter?

  /// Plans that are kept for shapes seen before.
  private static let capacity = 8

  /// Makes nothing yet: plans are made at the first run with their shapes.
  ///
  /// - Parameters:
  ///   - model: what to run.
  ///   - options: threads, constant inputs and how far to optimise. Shapes in them are not used, those of the values
  ///     are, but for constant inputs.
  /// - Throws: `invalid-option` and `missing-input` where options do not fit the model, and where nothing can run it
  ///   `unsupported-operator`.
  public init(_ model: Model, options: SessionOptions = SessionOptions()) throws(InferenceError) {
    self.model = model
    self.options = options
    try named { () throws(InferenceError) in try PlanBuilder.check(options, model) }
  }

  /// Computes the outputs. Blocks the calling thread.
  ///
  /// - Parameter inputs: a value for each input by name; optional ones may be left out, and are then nothing.
  /// - Returns: the outputs in the order of `model.outputs`.
  /// - Throws: `missing-input` for a name that is unknown or left out, `shape-mismatch` for a value that the model does
  ///   not declare, what making a plan throws, and what only the data can show. The session can be run again.
  public func run(_ inputs: [String: ModelValue]) throws(InferenceError) -> [ModelValue] {
    let values = try named { () throws(InferenceError) in try checked(inputs) }
    lastPlanSteps = nil
    nodeByNodeReason = nil
    let way = try way(for: values)
    switch way {
    case .planned(let session): lastPlanSteps = session.plan.stepDescriptions
    case .nodeByNode(let reason): nodeByNodeReason = reason
    }
    if case .planned(let session) = way, let tensors = Self.tensors(values) {
      return try named { () throws(InferenceError) in
        for (name, tensor) in tensors {
          if let index = session.inputIndex(name) { try session.write(tensor, toInput: index) }
        }
        try session.run()
        var outputs: [ModelValue] = []
        for index in session.outputs.indices { outputs.append(.tensor(try session.tensor(output: index))) }
        return outputs
      }
    }
    return try named { () throws(InferenceError) in
      if interpreter == nil {
        interpreter = try Interpreter(model.graph, limits: model.limits, threads: options.threads)
      }
      guard let interpreter else { return [] }
      return zip(try interpreter.run(values.map(\.value)), model.outputs).map { value, info in
        // An option that is there may have been computed as what it holds.
        if case .optional = info.form, case .optional = value { return value }
        if case .optional = info.form { return .optional(value) }
        return value
      }
    }
  }

  /// What `body` returns; its error, located in the model.
  private func named<R>(_ body: () throws(InferenceError) -> R) throws(InferenceError) -> R {
    do throws(InferenceError) {
      return try body()
    } catch {
      throw error.within(model.name)
    }
  }

  /// How the last run was made, for logs and tests: the steps of its plan, or nil where it went node by node.
  public private(set) var lastPlanSteps: [String]?

  /// Why the last run went node by node: what of the model no plan can hold, and where; nil where a plan was run.
  public private(set) var nodeByNodeReason: String?

  /// A value for every input, in the model's order.
  private func checked(_ inputs: [String: ModelValue]) throws(InferenceError) -> [(name: String, value: ModelValue)] {
    for name in inputs.keys where !model.inputs.contains(where: { $0.name == name }) {
      throw InferenceError(
        .missingInput, "the model has no input \(name)",
        remedy: "Its inputs are " + model.inputs.map(\.name).joined(separator: ", "))
    }
    var values: [(name: String, value: ModelValue)] = []
    for info in model.inputs {
      if let value = options.constantInputs[info.name] {
        let type = try PlanBuilder.type(of: info, options, model.limits)
        values.append((info.name, .tensor(try PlanBuilder.constant(value, type, info.name))))
      } else if let value = inputs[info.name] {
        guard value.fits(info.form) else { throw .shape("input \(info.name) is not \(info.form)") }
        if info.form == .tensor, let tensor = value.tensor {
          try fit(tensor, info)
          values.append((info.name, .tensor(tensor)))
        } else {
          values.append((info.name, value))
        }
      } else if case .optional = info.form {
        values.append((info.name, .optional(nil)))
      } else {
        throw InferenceError(.missingInput, "input \(info.name) is not given")
      }
    }
    return values
  }

  private func fit(_ tensor: Tensor, _ info: TensorInfo) throws(InferenceError) {
    guard tensor.elementType == info.elementType else {
      throw .shape("input \(info.name) of type \(info.elementType) is given as \(tensor.elementType)")
    }
    let fits =
      !info.isRankKnown
      || tensor.shape.rank == info.dimensions.count
        && zip(tensor.shape.dimensions, info.dimensions).allSatisfy { size, dimension in
          if case .fixed(let fixed) = dimension { fixed == size } else { true }
        }
    guard fits else { throw .shape("shape \(tensor.shape) does not fit input \(info.name) of \(info.dimensions)") }
  }

  private static func tensors(_ values: [(name: String, value: ModelValue)]) -> [String: Tensor]? {
    var tensors: [String: Tensor] = [:]
    for (name, value) in values {
      guard case .tensor(let tensor) = value, tensor.elementType != .string else { return nil }
      tensors[name] = tensor
    }
    return tensors
  }

  /// A plan for the shapes of `values`, kept for the next run with them, or why there is none. Only what depends on the
  /// data, and what a plan cannot hold, is run node by node; every other error of planning is thrown.
  private func way(for values: [(name: String, value: ModelValue)]) throws(InferenceError) -> Way {
    guard let tensors = Self.tensors(values) else { return .nodeByNode(reason: "an input is no tensor of numbers") }
    let shapes = tensors.mapValues(\.shape.dimensions)
    let entry: Entry
    if let index = entries.firstIndex(where: { $0.shapes == shapes }) {
      entry = entries.remove(at: index)
    } else {
      var options = options
      options.inputShapes = shapes
      do throws(InferenceError) {
        entry = Entry(shapes: shapes, way: .planned(try InferenceSession(Plan(model, options: options))))
      } catch  where error.needsContents {
        entry = Entry(shapes: shapes, way: .nodeByNode(reason: error.reason))
      }
      if entries.count >= Self.capacity { entries.removeFirst() }
    }
    entries.append(entry)
    return entry.way
  }
}

extension ModelValue {
  /// Whether it is made as `form` says.
  fileprivate func fits(_ form: ValueForm) -> Bool {
    switch (self, form) {
    case (.tensor, .tensor): true
    case (.sequence(let values), .sequence(let element)): values.allSatisfy { $0.fits(element) }
    case (.optional(let value), .optional(let element)): value?.fits(element) ?? true
    case (_, .optional(let element)): fits(element)
    default: false
    }
  }
}
