internal import COneDNN

/// A primitive of oneDNN with the slots it works on.
struct PrimitiveStep: Sendable {
  let operation: String
  let location: String
  let primitive: Primitive
  let arguments: [PrimitiveArgument]
  /// The threads that it was compiled for, and runs on.
  let threads: Int
}

/// One argument of a primitive: which, where, in what layout.
struct PrimitiveArgument: Sendable {
  let index: Int32
  let slot: Int
  let descriptor: MemoryDescriptor

  init(_ index: Int32, _ slot: Int, _ descriptor: MemoryDescriptor) {
    self.index = index
    self.slot = slot
    self.descriptor = descriptor
  }
}

/// A primitive step with the memory of one session.
@safe final class BoundPrimitive {
  let step: PrimitiveStep
  /// Kept because the arguments below point into them.
  private let memories: [Memory]
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>

  /// Binds to where `address` says that each slot lies, which stays valid while this object lives.
  init(_ step: PrimitiveStep, scratchSlot: Int?, address: (Int) -> UnsafeMutableRawPointer) throws(InferenceError) {
    var all = step.arguments
    if let scratch = step.primitive.scratch, let scratchSlot {
      all.append(PrimitiveArgument(DNNL_ARG_SCRATCHPAD, scratchSlot, scratch))
    }
    var memories: [Memory] = []
    for argument in all { memories.append(try unsafe Memory(argument.descriptor, base: address(argument.slot))) }
    self.step = step
    self.memories = memories
    unsafe arguments = .allocate(capacity: all.count)
    for (position, argument) in all.enumerated() {
      unsafe arguments.initializeElement(
        at: position, to: dnnl_exec_arg_t(arg: argument.index, memory: memories[position].pointer))
    }
  }

  deinit { unsafe arguments.deallocate() }

  func run(_ stream: borrowing Stream) throws(InferenceError) {
    OneDNN.setThreads(step.threads)
    do throws(InferenceError) {
      try unsafe step.primitive.execute(stream, UnsafeBufferPointer(arguments))
    } catch {
      throw error.at(step.location)
    }
  }
}
