import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// What a session is told.
@Suite("Configuration")
struct ConfigurationTests {
  @Test(
    "Durations as people write them",
    arguments: [
      ("50ms", 50_000_000), ("1.5s", 1_500_000_000), ("2m", 120_000_000_000), ("2min", 120_000_000_000),
      ("1h", 3_600_000_000_000), ("250us", 250_000), ("250µs", 250_000), ("7ns", 7), ("12.5", 12_500_000_000),
      ("1:30", 90_000_000_000), ("0:01:30.5", 90_500_000_000), ("0", 0), (".5s", 500_000_000),
    ] as [(String, Int64)])
  func durations(text: String, nanoseconds: Int64) {
    #expect(MediaDuration(text: text)?.nanoseconds == nanoseconds)
  }

  @Test(
    "What is no duration",
    arguments: [
      "", "ms", "s", "-1s", "+1s", "soon", "1 s", "1:", ":30", "1:60", "1:2:3:4", "1e400s", "nan", "inf", "1e30h",
      "٣s", "1:-5", "5infs",
    ])
  func noDurations(text: String) {
    #expect(MediaDuration(text: text) == nil)
  }

  @Test("Contradictions are told before anything is opened")
  func contradictions() throws {
    let rejected = { (change: (inout SessionConfiguration) -> Void) -> String? in
      var configuration = SessionConfiguration(inputs: ["a"])
      change(&configuration)
      do throws(PipelineError) {
        try configuration.validate()
        return nil
      } catch {
        return error.remedy.isEmpty ? "" : error.location
      }
    }
    #expect(rejected { _ in } == nil)
    #expect(rejected { $0.inputs = [] } == "INPUT")
    #expect(rejected { $0.inputs = ["-", "a", "-"] } == "INPUT")
    #expect(
      rejected {
        $0.isDeterministic = true
        $0.pace = .realtime
      } == "--deterministic")
    #expect(rejected { $0.threads = 0 } == "--threads")
    #expect(rejected { $0.budget = .zero } == "--budget")
    #expect(rejected { $0.statsInterval = MediaDuration(nanoseconds: 1) } == "--stats-every")
  }

  @Test("Models without a description are known by their inputs", .enabled(if: SharedData.isPresent))
  func knownModels() throws {
    let description = { (name: String) throws -> ModelDescription in
      let path = SharedData.model(name)
      return try KnownModels.description(of: Model.load(path: path), path: path).0
    }
    let silero = try description("silero_vad_16k_op15.onnx")
    #expect(silero.takesSound && silero.carriesState && !silero.isMoment)
    #expect(silero.id == "silero_vad_16k_op15@0.0.0")
    for name in ["ultraface_RFB-320_decoded_stripped.onnx", "ultraface_RFB-320_raw_stripped.onnx"] {
      guard case .detections(let detections) = try description(name).decoder else {
        Issue.record("\(name) is not known")
        continue
      }
      #expect(detections.labels == ["face"])
      #expect((detections.encoding == .corners) == name.contains("decoded"))
    }
    guard case .picture(let picture) = try description("mlc_vww96_f32.onnx").inputs[0].source else {
      Issue.record("mlc_vww96_f32 takes a picture")
      return
    }
    #expect(picture.width == 96 && picture.height == 96 && picture.colour == .rgb)
    #expect(throws: InferenceError.self) { try description("tinybert_synth_f32.onnx") }
  }
}
