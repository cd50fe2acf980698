/// The choice of boxes that do not overlap better ones.
extension OperatorRegistry {
  static let nonMaxSuppression = OperatorDefinition(
    "NonMaxSuppression",
    infer: { call throws(InferenceError) in
      [try call.type(.int64, [chosenBoxes(call).count / 3, 3])]
    }
  ) { call, _ throws(InferenceError) in
    let chosen = try chosenBoxes(call)
    return Kernel { arguments in
      let y = Elements<Int64>(arguments.output)
      for i in chosen.indices { y[i] = Int64(chosen[i]) }
    }
  }

  private struct Box {
    let x: (low: Float, high: Float)
    let y: (low: Float, high: Float)

    init(_ values: ArraySlice<Float>, centred: Bool) {
      let v = Array(values)
      if centred {
        x = (v[0] - v[2] / 2, v[0] + v[2] / 2)
        y = (v[1] - v[3] / 2, v[1] + v[3] / 2)
      } else {
        y = (min(v[0], v[2]), max(v[0], v[2]))
        x = (min(v[1], v[3]), max(v[1], v[3]))
      }
    }

    var area: Float { (x.high - x.low) * (y.high - y.low) }

    /// The area in common divided by the area of both together.
    func overlap(_ other: Box) -> Float {
      let width = min(x.high, other.x.high) - max(x.low, other.x.low)
      let height = min(y.high, other.y.high) - max(y.low, other.y.low)
      guard width > 0, height > 0, area > 0, other.area > 0 else { return 0 }
      let common = width * height
      let union = area + other.area - common
      return union > 0 ? common / union : 0
    }
  }

  /// Batch, class and box of each chosen one, one after the other.
  private static func chosenBoxes(_ call: OperatorCall) throws(InferenceError) -> [Int] {
    let (boxes, scores) = (try call.tensor(0), try call.tensor(1))
    guard boxes.elementType == .float32, scores.elementType == .float32, boxes.shape.rank == 3,
      scores.shape.rank == 3, boxes.shape[2] == 4, scores.shape[0] == boxes.shape[0],
      scores.shape[2] == boxes.shape[1]
    else { throw .shape("boxes of shape \(boxes.shape) and scores of shape \(scores.shape)") }
    func number(_ index: Int) throws(InferenceError) -> Float? {
      guard call.has(index) else { return nil }
      return try call.tensor(index).floats?.first
    }
    let most = try call.integers(2)?.first ?? 0
    let (limit, threshold) = (try number(3) ?? 0, try number(4))
    let centred = try call.attributes.int("center_point_box", default: 0) != 0
    let (batches, classes, count) = (boxes.shape[0], scores.shape[1], boxes.shape[1])
    let (corners, values) = (boxes.array(of: Float.self), scores.array(of: Float.self))
    var result: [Int] = []
    guard most > 0 else { return result }
    for batch in 0..<batches {
      let all = (0..<count).map { box in
        let start = (batch * count + box) * 4
        return Box(corners[start..<(start + 4)], centred: centred)
      }
      for label in 0..<classes {
        let row = (batch * classes + label) * count
        var candidates = Array(0..<count)
        if let threshold { candidates.removeAll { !(values[row + $0] > threshold) } }
        candidates.sort { (values[row + $0], $1) > (values[row + $1], $0) }
        var chosen: [Int] = []
        for box in candidates {
          guard chosen.count < most else { break }
          guard chosen.allSatisfy({ !(all[box].overlap(all[$0]) > limit) }) else { continue }
          chosen.append(box)
          result += [batch, label, box]
        }
      }
    }
    return result
  }
}
