import BraidInference
import BraidTestSupport
import Dispatch
import Synchronization
import Testing

@Suite struct ConcurrentPlansTests {
  /// Run with ONEDNN_PRIMITIVE_CACHE_CAPACITY=2 this aborts where oneDNN's own cache is in use: docs/design/0006.
  @Test(
    "Plans that are made and run on several threads at once give what one gives alone",
    arguments: ["hit-sound/model-int8", "hit-picture/model-int8", "hit-picture/model", "speech-activity/model"])
  func concurrent(name: String) throws {
    let model = try Model.load(path: SharedData.sample("models/\(name).onnx"))
    let alone = try Self.output(of: model)
    let wrong = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 200) { _ in
      if (try? Self.output(of: model)) != alone { wrong.add(1, ordering: .relaxed) }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  private static func output(of model: Model) throws -> [Float] {
    let session = try InferenceSession(Plan(model))
    for index in session.inputs.indices {
      try session.withInput(index, as: Float.self) { values in
        for place in 0..<values.count { values[place] = Float(place % 97) / 97 - Float(place % 13) }
      }
    }
    try session.run()
    var values = [Float](repeating: 0, count: session.outputs[0].shape?.elementCount ?? 0)
    var span = values.mutableSpan
    try session.read(output: 0, into: &span)
    return values
  }
}
