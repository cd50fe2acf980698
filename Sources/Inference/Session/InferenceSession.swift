internal import CKernels

/// One stream's use of a plan: its own inputs, outputs, working memory and carried state.
///
/// Not Sendable: one thread, or one actor, owns it. Nothing is allocated by our own code between `init` and the end.
public final class InferenceSession {
  /// What is run.
  public let plan: Plan
  /// What to write before a run, every dimension fixed.
  public var inputs: [TensorInfo] { plan.inputs }
  /// What to read after a run, every dimension fixed.
  public var outputs: [TensorInfo] { plan.outputs }

  let state: SessionState
  private var carried: [(output: Int, input: Int)] = []

  /// Takes the memory that the plan needs, zeroed.
  ///
  /// - Parameter plan: what to run.
  /// - Throws: `limit-exceeded` where there is no memory, `library`.
  public init(_ plan: Plan) throws(InferenceError) {
    self.plan = plan
    state = try SessionState(plan)
  }

  /// The index of the input of this name.
  public func inputIndex(_ name: String) -> Int? { inputs.firstIndex { $0.name == name } }

  /// The index of the output of this name.
  public func outputIndex(_ name: String) -> Int? { outputs.firstIndex { $0.name == name } }

  /// Lets `body` write input `index` in place. It keeps what is written until it is written again. Allocates: no.
  ///
  /// - Parameters:
  ///   - index: which input.
  ///   - type: the Swift type of its elements; `UInt8` also for `bool` and the types of one byte without one of their
  ///     own, `UInt16` for `float16` and `bfloat16`, `Int8` for `int4` and `int2`.
  ///   - body: gets the elements in row-major order.
  /// - Returns: what `body` returns.
  /// - Throws: `missing-input`, or `shape-mismatch` where the type is not the input's.
  public func withInput<T: TensorElement, R>(
    _ index: Int, as type: T.Type, _ body: (inout MutableSpan<T>) -> R
  ) throws(InferenceError) -> R {
    let tensor = try checked(state.inputs, index, type, "input")
    let buffer = unsafe tensor.elements(T.self)
    var span = unsafe MutableSpan(_unsafeElements: buffer)
    return body(&span)
  }

  /// Lets `body` read output `index`, as the last run left it. Allocates: no.
  ///
  /// - Parameters:
  ///   - index: which output.
  ///   - type: the Swift type of its elements; `UInt8` also for `bool` and the types of one byte without one of their
  ///     own, `UInt16` for `float16` and `bfloat16`, `Int8` for `int4` and `int2`.
  ///   - body: gets the elements in row-major order.
  /// - Returns: what `body` returns.
  /// - Throws: `missing-input` where there is no such output, `shape-mismatch` where the type is not the output's.
  public func withOutput<T: TensorElement, R>(
    _ index: Int, as type: T.Type, _ body: (Span<T>) -> R
  ) throws(InferenceError) -> R {
    let tensor = try checked(state.outputs, index, type, "output")
    let buffer = unsafe UnsafeBufferPointer(tensor.elements(T.self))
    return body(unsafe Span(_unsafeElements: buffer))
  }

  /// Writes real numbers to input `index`: as they are to a `float32` one, quantised to one whose scale is known.
  /// Allocates: no.
  ///
  /// - Throws: `missing-input`; `shape-mismatch` for another element count, or an input of another kind.
  public func write(_ values: Span<Float>, toInput index: Int) throws(InferenceError) {
    guard state.inputs.indices.contains(index) else { throw absent("input", index) }
    let tensor = state.inputs[index]
    guard values.count == tensor.count else {
      throw .shape("\(values.count) values for input \(inputs[index].name) of \(tensor.shape)")
    }
    switch (tensor.elementType, inputs[index].quantization) {
    case (.float32, _):
      unsafe values.withUnsafeBytes { bytes in
        if let source = bytes.baseAddress {
          unsafe tensor.pointer.copyMemory(from: source, byteCount: bytes.count)
        }
      }
    case (.int8, let quantization?):
      unsafe values.withUnsafeBufferPointer { source in
        unsafe braid_quantise_s8(
          source.baseAddress, Elements<Int8>(tensor).pointer, source.count, quantization.scale, quantization.zeroPoint)
      }
    case (.uint8, let quantization?):
      unsafe values.withUnsafeBufferPointer { source in
        unsafe braid_quantise_u8(
          source.baseAddress, Elements<UInt8>(tensor).pointer, source.count, quantization.scale, quantization.zeroPoint)
      }
    default: throw .shape("input \(inputs[index].name) of type \(tensor.elementType) does not take real numbers")
    }
  }

  /// Reads output `index` as real numbers: a `float32` one as it is, whole numbers through their scale where that is
  /// known and as they are where not. Allocates: no.
  ///
  /// - Throws: `missing-input`; `shape-mismatch` for another element count or an output of another kind.
  public func read(output index: Int, into values: inout MutableSpan<Float>) throws(InferenceError) {
    guard state.outputs.indices.contains(index) else { throw absent("output", index) }
    let tensor = state.outputs[index]
    guard values.count == tensor.count else {
      throw .shape("\(values.count) values for output \(outputs[index].name) of \(tensor.shape)")
    }
    let quantization = outputs[index].quantization
    let (scale, zero) = (quantization?.scale ?? 1, quantization?.zeroPoint ?? 0)
    switch tensor.elementType {
    case .float32: for i in 0..<tensor.count { values[i] = Elements<Float>(tensor)[i] }
    case .int8: for i in 0..<tensor.count { values[i] = Float(Int32(Elements<Int8>(tensor)[i]) - zero) * scale }
    case .uint8: for i in 0..<tensor.count { values[i] = Float(Int32(Elements<UInt8>(tensor)[i]) - zero) * scale }
    case .int32: for i in 0..<tensor.count { values[i] = Float(Elements<Int32>(tensor)[i]) }
    case .int64: for i in 0..<tensor.count { values[i] = Float(Elements<Int64>(tensor)[i]) }
    default: throw .shape("output \(outputs[index].name) of type \(tensor.elementType) is not read as real numbers")
    }
  }

  /// Runs the plan on what the inputs hold. Blocks the calling thread.
  ///
  /// - Throws: what only the data can show, such as an index outside its table. The session can be run again.
  public func run() throws(InferenceError) {
    // Steps set the threads that they run on.
    defer { OneDNN.setThreads(plan.threads) }
    try state.run()
    for pair in carried { state.inputs[pair.input].copy(from: state.outputs[pair.output]) }
  }

  /// Makes an output of each run the input of the next, from zero.
  ///
  /// - Parameters:
  ///   - output: the output's name.
  ///   - input: the input's name.
  /// - Throws: `missing-input` for an unknown name, `shape-mismatch` where the two differ in type or shape.
  public func bindState(output: String, toInput input: String) throws(InferenceError) {
    guard let from = outputIndex(output) else { throw InferenceError(.missingInput, "there is no output \(output)") }
    guard let to = inputIndex(input) else { throw InferenceError(.missingInput, "there is no input \(input)") }
    guard state.outputs[from].type == state.inputs[to].type else {
      throw .shape(
        "output \(output) of \(state.outputs[from].shape) does not fit input \(input) of \(state.inputs[to].shape)")
    }
    carried.append((from, to))
    zero(state.inputs[to])
  }

  /// Sets all carried state back to zero, as after `bindState`.
  public func resetState() {
    for pair in carried { zero(state.inputs[pair.input]) }
  }

  private func zero(_ tensor: HostTensor) {
    unsafe tensor.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: tensor.byteCount)
  }

  private func absent(_ kind: String, _ index: Int) -> InferenceError {
    InferenceError(.missingInput, "there is no \(kind) \(index)")
  }

  private func checked<T: TensorElement>(
    _ tensors: [HostTensor], _ index: Int, _: T.Type, _ kind: String
  ) throws(InferenceError) -> HostTensor {
    guard tensors.indices.contains(index) else { throw absent(kind, index) }
    let type = tensors[index].elementType
    let fits =
      switch type {
      case .float16, .bfloat16: T.elementType == .uint16
      case .int4, .int2: T.elementType == .int8
      default: type == T.elementType || T.elementType == .uint8 && type.byteCount == 1 && type != .int8
      }
    guard fits else {
      throw .shape("\(kind) \(index) is of type \(type), not \(T.elementType)")
    }
    return tensors[index]
  }
}
