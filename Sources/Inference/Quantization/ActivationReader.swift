/// Runs a graph with a prepared model's inputs on samples, and hands out what its values were.
struct ActivationReader {
  private let prepared: PreparedModel
  /// The bytes of values that one plan gives; for more there are several plans, and each sample is run with each.
  private static let groupBytes = 128 << 20

  init(_ prepared: PreparedModel) { self.prepared = prepared }

  /// Calls `body` with the contents of each of `values`, which are real, for each sample.
  func read(
    _ values: [ValueID], of graph: Graph, on samples: [CalibrationSample],
    _ body: (ValueID, UnsafeBufferPointer<Float>) -> Void
  ) throws(InferenceError) {
    var groups: [[ValueID]] = []
    var bytes = Self.groupBytes
    for value in values {
      let size = graph[value].type?.byteCount ?? 0
      if bytes + size > Self.groupBytes {
        groups.append([])
        bytes = 0
      }
      groups[groups.count - 1].append(value)
      bytes += size
    }
    for group in groups {
      var probed = graph
      probed.body.outputs = group
      let session = try prepared.session(DeadCode.run(probed))
      for sample in samples {
        try Self.run(session, sample)
        for (place, value) in group.enumerated() {
          let output = session.state.outputs[place]
          guard output.elementType == .float32 else { continue }
          unsafe body(value, UnsafeBufferPointer(output.elements(Float.self)))
        }
      }
    }
  }

  /// The outputs of `graph` for each sample.
  func outputs(of graph: Graph, on samples: [CalibrationSample]) throws(InferenceError) -> [[Tensor]] {
    let session = try prepared.session(graph)
    var all: [[Tensor]] = []
    for sample in samples {
      try Self.run(session, sample)
      var outputs: [Tensor] = []
      for place in session.outputs.indices { outputs.append(try session.tensor(output: place)) }
      all.append(outputs)
    }
    return all
  }

  static func run(_ session: InferenceSession, _ sample: CalibrationSample) throws(InferenceError) {
    try session.write(sample)
    try session.run()
  }
}
