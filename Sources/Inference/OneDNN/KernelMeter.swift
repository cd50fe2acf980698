internal import BraidCore
internal import COneDNN

/// Measures implementations of one operation against each other on the calling thread.
///
/// Each is charged with the copies into its source's layout, and from its result's layout into that of the usual one, so
/// that a fast kernel in a layout that nobody around it uses does not win.
struct KernelMeter {
  /// An implementation with all it takes to run it, copies included.
  private struct Candidate {
    let implementation: Implementation
    let steps: [BoundPrimitive]
    let memory: [TensorStorage]
    var shortest = Int64.max
  }

  private let source: MemoryDescriptor
  private let target: MemoryDescriptor
  private let threads: Int
  private var usual: Candidate
  private var others: [Candidate] = []
  private let clock = MonotonicClock()

  /// Another one is taken where it needs less than this part of the usual one's time: what the clock tells apart.
  static let threshold = 0.97

  /// - Parameters:
  ///   - source: where the operation's source lies before it.
  ///   - usual: what is taken where none is faster.
  ///   - threads: the threads that the descriptors were made for.
  /// - Throws: where its memory or its stream cannot be made.
  init(source: MemoryDescriptor, usual: borrowing PrimitiveDescriptor, threads: Int) throws(InferenceError) {
    self.source = source
    self.threads = threads
    target = usual.descriptor(dnnl_query_dst_md) ?? source
    self.usual = try Self.candidate(usual, .byRule, source, target, threads)
  }

  mutating func add(
    _ descriptor: borrowing PrimitiveDescriptor, _ implementation: Implementation
  ) throws(InferenceError) {
    others.append(try Self.candidate(descriptor, implementation, source, target, threads))
  }

  /// The fastest; nil where the usual one is, or is as fast as can be told. Takes some milliseconds for each.
  mutating func fastest() throws(InferenceError) -> Implementation? {
    guard !others.isEmpty else { return nil }
    let stream = try Stream()
    for round in 0..<9 {
      try measure(&usual, stream)
      for index in others.indices { try measure(&others[index], stream) }
      // What is far behind after two rounds is not run again.
      let best = others.reduce(usual.shortest) { min($0, $1.shortest) }
      if round == 1 { others.removeAll { $0.shortest / 3 * 2 > best } }
    }
    guard let best = others.min(by: { $0.shortest < $1.shortest }),
      Double(best.shortest) < Double(usual.shortest) * Self.threshold
    else { return nil }
    return best.implementation
  }

  /// Runs for about 300 microseconds, once at least, and keeps the shortest run.
  private func measure(_ candidate: inout Candidate, _ stream: borrowing Stream) throws(InferenceError) {
    let begun = clock.now
    var now = begun
    repeat {
      let start = now
      for step in candidate.steps { try step.run(stream) }
      now = clock.now
      candidate.shortest = min(candidate.shortest, (now - start).nanoseconds)
    } while (now - begun).nanoseconds < 300_000
  }

  private static func candidate(
    _ descriptor: borrowing PrimitiveDescriptor, _ implementation: Implementation, _ source: MemoryDescriptor,
    _ target: MemoryDescriptor, _ threads: Int
  ) throws(InferenceError) -> Candidate {
    var (slots, steps): ([TensorStorage], [BoundPrimitive]) = ([], [])
    func slot(_ layout: MemoryDescriptor) throws(InferenceError) -> Int {
      guard let storage = TensorStorage(byteCount: layout.byteCount) else {
        throw .limit("the operands of a measurement do not fit the memory")
      }
      layout.fill(storage)
      slots.append(storage)
      return slots.count - 1
    }
    func add(
      _ descriptor: borrowing PrimitiveDescriptor, _ arguments: [PrimitiveArgument]
    ) throws(InferenceError) {
      let primitive = try Primitive(descriptor)
      let scratch = try primitive.scratch.map { layout throws(InferenceError) in try slot(layout) }
      let step = PrimitiveStep(
        operation: "measured", location: "", primitive: primitive, arguments: arguments, threads: threads)
      steps.append(try unsafe BoundPrimitive(step, scratchSlot: scratch) { unsafe slots[$0].pointer })
    }
    func copy(_ from: (Int, MemoryDescriptor), _ to: (Int, MemoryDescriptor)) throws(InferenceError) {
      let attributes = try PrimitiveAttributes()
      guard let descriptor = try PrimitiveDescriptor(reorder: from.1, to: to.1, attributes) else { return }
      try add(
        descriptor,
        [PrimitiveArgument(DNNL_ARG_FROM, from.0, from.1), PrimitiveArgument(DNNL_ARG_TO, to.0, to.1)])
    }
    var arguments: [PrimitiveArgument] = []
    for (index, query, place) in [
      (DNNL_ARG_SRC, dnnl_query_src_md, Int32(0)), (DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0),
      (DNNL_ARG_BIAS, dnnl_query_weights_md, 1), (DNNL_ARG_DST, dnnl_query_dst_md, 0),
    ] {
      guard let layout = descriptor.descriptor(query, place), layout.byteCount > 0 else { continue }
      arguments.append(PrimitiveArgument(index, try slot(layout), layout))
    }
    if let first = arguments.first, !source.places(like: first.descriptor) {
      try copy((try slot(source), source), (first.slot, first.descriptor))
    }
    try add(descriptor, arguments)
    if let last = arguments.last, !last.descriptor.places(like: target) {
      try copy((last.slot, last.descriptor), (try slot(target), target))
    }
    return Candidate(implementation: implementation, steps: steps, memory: slots)
  }
}

extension MemoryDescriptor {
  /// Small numbers, as real ones so that no arithmetic is slowed by denormal values.
  fileprivate func fill(_ storage: TensorStorage) {
    if raw.data_type == dnnl_f32 {
      let count = storage.byteCount / MemoryLayout<Float>.stride
      let values = unsafe storage.pointer.bindMemory(to: Float.self, capacity: count)
      for index in 0..<count { unsafe values[index] = 0.5 }
    } else {
      unsafe storage.pointer.initializeMemory(as: UInt8.self, repeating: 1, count: storage.byteCount)
    }
  }
}
