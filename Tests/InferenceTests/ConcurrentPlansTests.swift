import BraidInference
import BraidTestSupport
import Foundation
import Synchronization
import Testing

@Suite struct ConcurrentPlansTests {
  /// Without the lock around compilation some of these are wrong; with ONEDNN_PRIMITIVE_CACHE_CAPACITY=2 this aborts where
  /// oneDNN's own cache is in use: docs/design/0006.
  @Test(
    "Plans that are made and run on several threads at once give what one gives alone",
    arguments: ["hit-sound/model-int8", "hit-picture/model-int8", "hit-picture/model", "speech-activity/model"])
  func concurrent(name: String) throws {
    let model = try Model.load(path: SharedData.sample("models/\(name).onnx"))
    let alone = try Self.output(of: model)
    let wrong = Atomic<Int>(0)
    let group = DispatchGroup()
    for _ in 0..<8 {
      group.enter()
      Thread.detachNewThread {
        for _ in 0..<40 where (try? Self.output(of: model)) != alone { wrong.add(1, ordering: .relaxed) }
        group.leave()
      }
    }
    group.wait()
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
