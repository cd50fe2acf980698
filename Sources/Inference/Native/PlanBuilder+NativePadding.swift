internal import CKernels
internal import COneDNN

/// Padding with a constant.
extension PlanBuilder {
  /// Lowers padding with one number as a filling and copies of rows; false for other modes.
  mutating func lowerPadding(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil, node.inputs.count <= 3,
      try node.attributes.string("mode", default: "constant") == "constant", let padsID = node.input(1),
      let pads = graph[padsID].tensor?.integers
    else { return false }
    let (from, to) = (try type(x), try type(output))
    let rank = from.shape.rank
    guard rank >= 1, rank <= 6, pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 }), from.shape.elementCount > 0,
      from.elementType == to.elementType, let home = try dense(x), let strides = home.layout.strides,
      let layout = home.layout.nestedAlike(to.elementType, to.shape.dimensions, like: home.layout)
    else { return false }
    let size = to.elementType.byteCount
    var fill = [UInt8](repeating: 0, count: size)
    if let id = node.input(2) {
      guard let value = graph[id].tensor, value.elementType == to.elementType, value.shape.elementCount == 1 else {
        return false
      }
      fill = unsafe Array(UnsafeRawBufferPointer(start: value.storage.pointer, count: size))
    }
    // Axes as they are nested, those behind the last padded one as one run.
    let order = (0..<rank).sorted {
      (from.shape[$0] == 1 ? Int.max : strides[$0], -$0) > (from.shape[$1] == 1 ? Int.max : strides[$1], -$1)
    }
    let source = order.map { from.shape[$0] }
    let target = order.map { to.shape[$0] }
    let before = order.map { pads[$0] }
    guard zip(source, target).allSatisfy({ $0 <= $1 }) else { return false }
    var offsets = [before[rank - 1]]
    var step = target[rank - 1]
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      let inner = offsets
      offsets = []
      guard source[axis] * inner.count <= 1 << 16 else { return false }
      for index in 0..<source[axis] { offsets += inner.map { $0 + (before[axis] + index) * step } }
      step *= target[axis]
    }
    let bytes = offsets.map { $0 * size }
    let run = source[rank - 1] * size
    let slot = addSlot(layout.byteCount)
    let isUniform = fill.allSatisfy { $0 == fill[0] }
    addNative("Pad", [(home.slot, from)], (slot, to)) { [fill] arguments throws(InferenceError) in
      let (input, result) = unsafe (arguments.input(0).pointer, arguments.output.pointer)
      if isUniform {
        unsafe result.initializeMemory(as: UInt8.self, repeating: fill[0], count: arguments.output.byteCount)
      } else {
        for place in stride(from: 0, to: arguments.output.byteCount, by: fill.count) {
          for index in fill.indices {
            unsafe result.storeBytes(of: fill[index], toByteOffset: place + index, as: UInt8.self)
          }
        }
      }
      for row in bytes.indices { unsafe (result + bytes[row]).copyMemory(from: input + row * run, byteCount: run) }
    }
    try place(output, slot, layout)
    return true
  }
}
