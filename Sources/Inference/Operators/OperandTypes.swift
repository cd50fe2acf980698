/// How many operands an operator takes and which have one element type, by the standard: what kernels rely on when they
/// view them.
enum OperandTypes {
  /// Checks the operands of a call.
  ///
  /// - Throws: `invalid-graph` where there are more than the operator takes, or two that must have one type have two.
  static func check(_ call: OperatorCall) throws(InferenceError) {
    if let limit = limits[call.node.kind.rawValue], call.inputs.count > limit {
      throw .invalid("it has \(call.inputs.count) inputs, and takes \(limit) at most")
    }
    for places in table[call.node.kind.rawValue] ?? [] {
      var found: (place: Int, type: ElementType)?
      for place in call.inputs.indices {
        guard let type = call.inputs[place]?.elementType, places.contains(place) || isBehind(place, places) else {
          continue
        }
        if let found, found.type != type {
          throw .invalid("inputs \(found.place) and \(place) are of types \(found.type) and \(type), not of one")
        }
        found = found ?? (place, type)
      }
    }
  }

  /// Whether `place` lies behind a last place that stands for all that follow.
  private static func isBehind(_ place: Int, _ places: [Int]) -> Bool {
    places.last == -1 && place > (places.dropLast().max() ?? 0)
  }
}
