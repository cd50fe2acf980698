extension PlanBuilder {
  /// Gives each slot its offset in a session's memory; slots that are never alive together share.
  func arrange() -> (slots: [Slot], byteCount: Int) {
    var first = [Int](repeating: Int.max, count: slots.count)
    var last = [Int](repeating: -1, count: slots.count)
    for (index, step) in steps.enumerated() {
      step.forEachSlot { slot in
        first[slot] = min(first[slot], index)
        last[slot] = max(last[slot], index)
      }
    }
    for slot in pinned { (first[slot], last[slot]) = (0, Int.max) }
    var result = slots
    var placed: [Int] = []
    var total = 0
    let order = slots.indices
      .filter { slots[$0].constant == nil && last[$0] >= 0 }
      .sorted { (slots[$0].byteCount, $1) > (slots[$1].byteCount, $0) }
    for slot in order {
      // The lowest gap among the slots that are alive at the same time.
      let neighbours =
        placed
        .filter { first[$0] <= last[slot] && first[slot] <= last[$0] }
        .sorted { result[$0].offset < result[$1].offset }
      var offset = 0
      for other in neighbours {
        if offset + Self.padded(slots[slot].byteCount) <= result[other].offset { break }
        offset = max(offset, result[other].offset + Self.padded(slots[other].byteCount))
      }
      result[slot].offset = offset
      placed.append(slot)
      total = max(total, offset + Self.padded(slots[slot].byteCount))
    }
    return (result, total)
  }

  /// Room for `byteCount` and for vector loads that end behind it.
  private static func padded(_ byteCount: Int) -> Int {
    (max(byteCount, 1) + TensorStorage.alignment - 1) / TensorStorage.alignment * TensorStorage.alignment
  }
}

extension Step {
  /// Calls `body` for every slot that the step, or a step inside it, reads or writes.
  func forEachSlot(_ body: (Int) -> Void) {
    switch self {
    case .kernel(let step):
      for case .some(let place) in step.inputs { body(place.slot) }
      for place in step.outputs { body(place.slot) }
    case .branch(let step):
      body(step.condition.slot)
      for inner in step.then + step.otherwise { inner.forEachSlot(body) }
    case .primitive(let step):
      for argument in step.arguments { body(argument.slot) }
    }
  }
}
