internal import COneDNN

/// Where values lie, and the copies between layouts.
extension PlanBuilder {
  /// The slot and layout of `id`; nil where oneDNN cannot describe it.
  mutating func located(_ id: ValueID) throws(InferenceError) -> (slot: Int, layout: MemoryDescriptor)? {
    let type = try type(id)
    guard let described = MemoryDescriptor(plain: type) else { return nil }
    if let placement = placements[id] { return (placement.slot, placement.layout ?? described) }
    return (try plain(id), described)
  }

  /// The slot in which `id` lies in layout `wanted`, after a copy where it does not yet.
  mutating func located(_ id: ValueID, as wanted: MemoryDescriptor) throws(InferenceError) -> Int {
    guard let home = try located(id) else { throw InferenceError(.library, "\(graph[id].name) has no layout") }
    if home.layout.places(like: wanted) { return home.slot }
    for copy in placements[id]?.copies ?? [] {
      if let layout = copy.layout, layout.places(like: wanted) { return copy.slot }
    }
    let slot = addSlot(wanted.byteCount)
    let attributes = try PrimitiveAttributes()
    if interleavePlanes(id, home, slot, wanted) {
      placements[id]?.copies.append((slot, wanted))
      return slot
    }
    guard try addReorder("Reorder", home.slot, home.layout, slot, wanted, attributes) else {
      throw InferenceError(.library, "oneDNN has no copy between two layouts")
    }
    placements[id]?.copies.append((slot, wanted))
    return slot
  }

  /// The slot in which `id` lies in plain layout, after a copy where it does not yet.
  mutating func plain(_ id: ValueID) throws(InferenceError) -> Int {
    guard let placement = placements[id] else {
      guard let tensor = graph[id].tensor else { throw .invalid("\(graph[id].name) is read before it is computed") }
      let slot = addConstant(try Denormals.flushed(tensor).storage)
      placements[id] = Placement(slot: slot)
      return slot
    }
    guard placement.layout != nil, let wanted = MemoryDescriptor(plain: try type(id)) else { return placement.slot }
    return try located(id, as: wanted)
  }

  /// Whether nothing that runs after the node which computes `output` reads the memory of `id`, so that the node may write
  /// there.
  func isLastUse(of id: ValueID, by output: ValueID) -> Bool {
    guard let slot = placements[id]?.slot, slots[slot].constant == nil, !pinned.contains(slot),
      let place = graph.body.nodes.firstIndex(where: { $0.outputs.contains(output) })
    else { return false }
    let sharing = Set(placements.filter { $0.value.slot == slot || $0.value.copies.contains { $0.slot == slot } }.keys)
    guard sharing.isDisjoint(with: graph.body.outputs) else { return false }
    let later = Block(nodes: Array(graph.body.nodes[(place + 1)...]))
    var isRead = false
    later.forEachUse { if sharing.contains($0) { isRead = true } }
    return !isRead
  }

  /// Says that `id` lies in `slot` in `layout`.
  mutating func place(_ id: ValueID, _ slot: Int, _ layout: MemoryDescriptor) throws(InferenceError) {
    let isPlain = MemoryDescriptor(plain: try type(id))?.places(like: layout) ?? true
    placements[id] = Placement(slot: slot, layout: isPlain ? nil : layout)
  }

  /// Adds a step that copies between layouts, types and scales; false where oneDNN has none.
  mutating func addReorder(
    _ operation: String, _ from: Int, _ source: MemoryDescriptor, _ to: Int, _ target: MemoryDescriptor,
    _ attributes: borrowing PrimitiveAttributes
  ) throws(InferenceError) -> Bool {
    let threads = stepThreads
    defer { stepThreads = threads }
    // A copy beside a divided step may be too small to be divided itself.
    if Double(source.byteCount + target.byteCount) / WorkEstimate.bandwidth < ThreadAssignment.shortestNode {
      stepThreads = 1
    }
    guard let descriptor = try PrimitiveDescriptor(reorder: source, to: target, attributes) else { return false }
    try addPrimitive(
      operation, descriptor,
      [PrimitiveArgument(DNNL_ARG_FROM, from, source), PrimitiveArgument(DNNL_ARG_TO, to, target)])
    return true
  }

  /// Compiles a primitive and adds it as a step.
  mutating func addPrimitive(
    _ operation: String, _ descriptor: borrowing PrimitiveDescriptor, _ arguments: [PrimitiveArgument]
  ) throws(InferenceError) {
    let primitive = try Primitive(descriptor)
    scratchBytes = max(scratchBytes, primitive.scratch?.byteCount ?? 0)
    steps.append(
      .primitive(
        PrimitiveStep(
          operation: operation, location: location, primitive: primitive, arguments: arguments, threads: stepThreads)))
  }

  /// A slot of constant memory that holds the weights `tensor`, seen as `source`, in layout `target`.
  mutating func packed(
    _ tensor: Tensor, _ source: MemoryDescriptor, as target: MemoryDescriptor
  ) throws(InferenceError) -> Int? {
    let tensor = try Denormals.flushedWeights(tensor)
    if source.places(like: target) { return addConstant(tensor.storage) }
    // On one thread: workers would stay with the thread that makes the plan, which need not be the one that runs it.
    let threads = stepThreads
    stepThreads = 1
    defer { stepThreads = threads }
    let attributes = try PrimitiveAttributes()
    guard let descriptor = try PrimitiveDescriptor(reorder: source, to: target, attributes) else { return nil }
    let primitive = try Primitive(descriptor)
    guard let storage = TensorStorage(byteCount: target.byteCount),
      let scratch = TensorStorage(byteCount: primitive.scratch?.byteCount ?? 0)
    else { throw .limit("packed weights do not fit the memory") }
    let step = PrimitiveStep(
      operation: "Reorder", location: location, primitive: primitive,
      arguments: [PrimitiveArgument(DNNL_ARG_FROM, 0, source), PrimitiveArgument(DNNL_ARG_TO, 1, target)],
      threads: stepThreads)
    let bound = try unsafe BoundPrimitive(step, scratchSlot: 2) { slot in
      unsafe [tensor.storage.pointer, storage.pointer, scratch.pointer][slot]
    }
    let stream = try Stream()
    try withExtendedLifetime((tensor, storage, scratch)) { () throws(InferenceError) in try bound.run(stream) }
    return addConstant(storage)
  }

  /// A slot of constant memory.
  mutating func addConstant(_ storage: TensorStorage) -> Int {
    slots.append(Slot(byteCount: storage.byteCount, constant: storage))
    return slots.count - 1
  }
}
