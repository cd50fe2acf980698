/// The memory of one session, and the plan's steps bound to it.
final class SessionState {
  private let memory: AnyObject
  let stream: Stream
  let inputs: [HostTensor]
  let outputs: [HostTensor]
  let steps: [BoundStep]
  /// What the steps took, where that was asked for.
  var times: StepTimes?
  var isProfiling = false

  convenience init(_ plan: Plan) throws(InferenceError) {
    guard let memory = TensorStorage(byteCount: plan.stateByteCount) else {
      throw .limit("a session's \(plan.stateByteCount) bytes do not fit the memory")
    }
    try unsafe self.init(plan, owner: memory) { slot in
      let slot = plan.slots[slot]
      return unsafe slot.constant?.pointer ?? memory.pointer + slot.offset
    }
  }

  /// Works on memory that `address` gives for each slot, constants included: as many bytes as the slot has, and room up to
  /// the next line. `owner` keeps it alive.
  @unsafe init(
    _ plan: Plan, owner: AnyObject, address: (Int) -> UnsafeMutableRawPointer
  ) throws(InferenceError) {
    memory = owner
    stream = try Stream()
    func tensor(_ place: Place) -> HostTensor { unsafe HostTensor(base: address(place.slot), type: place.type) }
    var scratch: HostTensor?
    if let slot = plan.scratchSlot, let shape = TensorShape([(plan.slots[slot].byteCount + 3) / 4]) {
      scratch = tensor(Place(slot: slot, type: TensorType(elementType: .float32, shape: shape)))
    }
    func bind(_ steps: [Step]) throws(InferenceError) -> [BoundStep] {
      var bound: [BoundStep] = []
      for step in steps {
        switch step {
        case .kernel(let step):
          let arguments = KernelArguments(
            inputs: step.inputs.map { $0.map(tensor) }, outputs: step.outputs.map(tensor), scratch: scratch)
          bound.append(DividedKernel(step, arguments).map(BoundStep.divided) ?? .kernel(step, arguments))
        case .branch(let step):
          bound.append(
            .branch(condition: tensor(step.condition), then: try bind(step.then), otherwise: try bind(step.otherwise)))
        case .primitive(let step):
          bound.append(
            .primitive(try unsafe BoundPrimitive(step, scratchSlot: plan.scratchSlot) { unsafe address($0) }))
        }
      }
      return bound
    }
    inputs = plan.inputPlaces.map(tensor)
    outputs = plan.outputPlaces.map(tensor)
    steps = try bind(plan.steps)
  }

  func run() throws(InferenceError) {
    if isProfiling, let times { try run(times) } else { try run(steps) }
  }

  func run(_ steps: [BoundStep]) throws(InferenceError) {
    for step in steps { try run(step) }
  }

  func run(_ step: BoundStep) throws(InferenceError) {
    switch step {
    case .primitive(let primitive): try primitive.run(stream)
    case .divided(let kernel): kernel.run()
    case .kernel(let step, let arguments):
      do throws(InferenceError) {
        try step.kernel.run(arguments)
      } catch {
        throw error.at(step.location)
      }
    case .branch(let condition, let then, let otherwise):
      try run(Elements<UInt8>(condition)[0] != 0 ? then : otherwise)
    }
  }
}

/// A step with the memory it works on.
enum BoundStep {
  case kernel(KernelStep, KernelArguments)
  case divided(DividedKernel)
  case primitive(BoundPrimitive)
  indirect case branch(condition: HostTensor, then: [BoundStep], otherwise: [BoundStep])
}
