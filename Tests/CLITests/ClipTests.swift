import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Real clips and models beside the project, where they are.
  @Suite("Real clips and models", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(5)))
  struct ClipTests {
    static let clips = [
      "bbb_0_30.webm", "bbb_2500ms.ts", "cursed-vfr.mp4", "faces_speech_h264_aac.mp4", "faces_speech_ptswrap.ts",
      "intel_asl_hungry.mkv", "intel_faces_two_preview.gif", "jfk.wav", "jfk_ortext.flac", "nasa_13013.mp4",
      "sample_with_overlapping_srt.mkv", "silero_test.wav", "yes_1000ms.wav",
    ]

    @Test("Each runs to its summary, with ffprobe's number of frames", arguments: clips)
    func counts(clip: String) throws {
      let records = try Program.records([SharedData.media(clip)])
      #expect(!records.session["streams"].object.isEmpty)
      for (id, stream) in records.session["streams"].object {
        let counted = try Tool.frameCount(SharedData.media(clip), stream: stream["index"].count)
        #expect(records.summary["streams"][id]["frames"].count == counted, "\(clip) \(id)")
      }
    }

    @Test(
      "Clips whose sound does not come with what is seen have no offset",
      arguments: [
        "bbb_0_30.webm", "cursed-vfr.mp4", "faces_speech_h264_aac.mp4", "nasa_13013.mp4",
        "sample_with_overlapping_srt.mkv",
      ])
    func noOffset(clip: String) throws {
      #expect(try Program.records([SharedData.media(clip)]).summary["av_offset_ms"].number == nil)
    }

    /// Where speech is in jfk.wav by Silero VAD (16 kHz) in ONNX Runtime 1.31.1, threshold 0.5, in seconds.
    private static let speech = [(0.322, 2.27), (3.266, 3.87), (3.938, 4.446), (5.378, 7.678), (8.162, 10.622)]

    @Test(
      "Speech of jfk.wav by Silero, by our own model and by the default events",
      arguments: ["silero", "own", "default"])
    func speech(by name: String) throws {
      let model =
        switch name {
        case "silero": ["--model", SharedData.model("silero_vad_16k_op15.onnx")]
        case "own": ["--model", SharedData.sample("models/speech-activity")]
        default: [String]()
        }
      let records = try Program.records([SharedData.media("jfk.wav")] + model)
      let events = records.events("speech").map {
        ($0["pts"].number ?? 0, ($0["pts"].number ?? 0) + ($0["duration"].number ?? 0))
      }
      var covered = 0.0
      var outside = 0.0
      for step in 0..<1100 {
        let time = Double(step) / 100
        let isFound = events.contains { $0.0 <= time && time < $0.1 }
        let isSpoken = Self.speech.contains { $0.0 <= time && time < $0.1 }
        if isFound && isSpoken { covered += 0.01 }
        if isFound && !isSpoken { outside += 0.01 }
      }
      let spoken = Self.speech.reduce(0) { $0 + $1.1 - $1.0 }
      #expect(covered / spoken > (name == "silero" ? 0.93 : 0.85), "\(events)")
      #expect(outside < (name == "silero" ? 0.6 : 1.8), "\(events)")
      if name == "silero" {
        // A pause of a tenth of a second may part an interval in two.
        for interval in Self.speech {
          #expect(events.contains { abs($0.0 - interval.0) < 0.15 }, "\(interval) \(events)")
          #expect(events.contains { abs($0.1 - interval.1) < 0.15 }, "\(interval) \(events)")
        }
      }
    }

    private func boxes(_ model: String) throws -> [[[Double]]] {
      let records = try Program.records([
        SharedData.media("intel_faces_two_preview.gif"), "--model", SharedData.model(model),
      ])
      #expect(records.results.count == records.summary["streams"]["video:0"]["frames"].count)
      return records.results.map { result in
        result["output"]["detections"].array.map { $0["box"].array.compactMap(\.number) }.sorted { $0[0] < $1[0] }
      }
    }

    private func overlap(_ a: [Double], _ b: [Double]) -> Double {
      let width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
      let height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
      guard width > 0, height > 0 else { return 0 }
      return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)
    }

    @Test("UltraFace finds both faces in every picture, float and int8 in the same place")
    func faces() throws {
      let float = try boxes("ultraface_RFB-320_decoded_stripped.onnx")
      let int8 = try boxes("ultraface_RFB-320_int8_qdq.onnx")
      #expect(!float.isEmpty && float.count == int8.count)
      var overlaps: [Double] = []
      for (index, (one, two)) in zip(float, int8).enumerated() {
        try #require(one.count == 2 && two.count == 2, "picture \(index): \(one.count) and \(two.count) faces")
        for (a, b) in zip(one, two) {
          let overlap = overlap(a, b)
          #expect(overlap > 0.7, "picture \(index): \(a) \(b)")
          overlaps.append(overlap)
        }
      }
      // Quantisation moves small boxes by a pixel or two of 320: a few faces are below 0.8, never by much.
      #expect(overlaps.filter { $0 > 0.8 }.count * 100 >= overlaps.count * 95)
      #expect(overlaps.reduce(0, +) / Double(overlaps.count) > 0.88)
    }
  }
}
