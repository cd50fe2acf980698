import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Models without a description that are known by what they take and give.
  @Suite("Known models", .timeLimit(.minutes(3)))
  struct KnownModelTests {
    private struct Golden: Decodable {
      struct Found: Decodable {
        var label: Int
        var score: Double
        var box: [Double]?
        var landmarks: [[Double]]?
      }

      struct Case: Decodable {
        var model: String
        var clip: String
        var shared: Bool
        var kind: String
        var pts: Double
        var expected: [Found]
      }

      var cases: [Case]
    }

    private static let folder = SharedData.packageRoot.appendingPathComponent("Tests/CLITests/Goldens/Known").path

    private static func cases(shared: Bool) throws -> [String: [Golden.Case]] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/expected.json"))
      return Dictionary(
        grouping: try JSONDecoder().decode(Golden.self, from: data).cases.filter { $0.shared == shared }
      ) {
        $0.model
      }
    }

    private static func overlap(_ a: [Double], _ b: [Double]) -> Double {
      let across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
      let down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
      guard across > 0, down > 0 else { return 0 }
      return across * down / (a[2] * a[3] + b[2] * b[3] - across * down)
    }

    /// Those of ImageNet's names that the goldens have, as torchvision numbers them.
    private static let things = [
      50: "American alligator", 115: "sea slug", 187: "Yorkshire terrier", 280: "grey fox", 286: "cougar",
      465: "bulletproof vest", 545: "electric fan", 597: "holster", 608: "jean", 624: "library", 818: "spotlight",
      887: "vestment", 896: "washbasin", 906: "Windsor tie", 977: "sandbar",
    ]

    /// The name of a class: by the order of labels that the model is known with, else its number.
    private static func isCalled(_ name: String?, _ label: Int, _ model: String) -> Bool {
      switch model {
      case "yunet_n_320_320.onnx", "ultraface_RFB-320_decoded_stripped.onnx": name == "face"
      case "mlc_vww96_f32.onnx": name == (label == 1 ? "person" : "no person")
      case "yolox.onnx", "yolov8.onnx", "ssd_zoo.onnx", "ssd_tensorflow.onnx":
        // A few of COCO's names, and that no name is a number.
        [0: "person", 1: "bicycle", 2: "car", 3: "motorcycle"][label].map { $0 == name }
          ?? (name.flatMap(Int.init) == nil)
      default: name == things[label]
      }
    }

    private static func check(_ golden: Golden.Case, _ output: JSONValue, least: Double) {
      if golden.kind == "classes" {
        // Random weights are sensitive to a level of a colour: classes about as likely may change places.
        let classes = output["classes"].array
        #expect(classes.count == golden.expected.count)
        #expect(isCalled(classes.first?["label"].string, golden.expected[0].label, golden.model))
        var common = 0
        for other in golden.expected {
          guard let one = classes.first(where: { isCalled($0["label"].string, other.label, golden.model) }) else {
            continue
          }
          common += 1
          #expect(abs((one["score"].number ?? -1) - other.score) < 0.04, "\(golden.model): \(one) \(other)")
        }
        #expect(common * 2 > golden.expected.count)
        return
      }
      let found = output["detections"].array
      func box(_ value: JSONValue) -> [Double] { value["box"].array.compactMap(\.number) }
      // Pictures are scaled a little differently: what is close to the threshold may be on either side of it.
      for other in golden.expected where other.score > least + 0.03 {
        let match = found.first { one in
          isCalled(one["label"].string, other.label, golden.model) && overlap(box(one), other.box ?? []) > 0.85
            && abs((one["score"].number ?? -1) - other.score) < 0.04
        }
        #expect(match != nil, "\(golden.model) at \(golden.pts): no \(other) in \(found.map { box($0) })")
        guard let match, let landmarks = other.landmarks else { continue }
        let told = match["landmarks"].array.map { $0.array.compactMap(\.number) }
        #expect(told.count == landmarks.count)
        for (one, other) in zip(told, landmarks) { #expect(abs(one[0] - other[0]) + abs(one[1] - other[1]) < 0.02) }
      }
      for one in found where (one["score"].number ?? 0) > least + 0.03 {
        #expect(
          golden.expected.contains { overlap(box(one), $0.box ?? []) > 0.85 }, "\(golden.model): \(one) is too much")
      }
    }

    private static func run(_ model: String, _ clip: String, _ cases: [Golden.Case]) throws {
      let records = try Program.records(["--deterministic", "--duration", "1s", clip, "--model", model])
      let least =
        switch cases[0].model {
        case "yolox.onnx": 0.3
        case "yolov8.onnx": 0.25
        case "yunet_n_320_320.onnx": 0.6
        case "ultraface_RFB-320_decoded_stripped.onnx": 0.7
        default: 0.5
        }
      #expect(!cases.isEmpty)
      for golden in cases {
        let result = records.results.first { abs(($0["pts"].number ?? -1) - golden.pts) < 0.001 }
        #expect(result != nil, "\(golden.model): nothing at \(golden.pts)")
        if let result { check(golden, result["output"], least: least) }
      }
    }

    @Test(
      "Models of the shapes of known ones give what ONNX Runtime and their authors' steps give",
      arguments: [
        "yolox.onnx", "yolov8.onnx", "ssd_tensorflow.onnx", "ssd_zoo.onnx", "imagenet.onnx", "imagenet_last.onnx",
      ])
    func shapes(model: String) throws {
      let cases = try Self.cases(shared: false)[model] ?? []
      try Self.run("\(Self.folder)/\(model)", SharedData.sample("media/bounce.mp4"), cases)
    }

    @Test(
      "Known models themselves give what ONNX Runtime and their authors' steps give",
      .enabled(if: SharedData.isPresent),
      arguments: ["yunet_n_320_320.onnx", "ultraface_RFB-320_decoded_stripped.onnx", "mlc_vww96_f32.onnx"])
    func models(model: String) throws {
      let cases = try Self.cases(shared: true)[model] ?? []
      try Self.run(SharedData.model(model), SharedData.media("faces_speech_h264_aac.mp4"), cases)
    }

    @Test("An output whose shape the file leaves open is that of one picture")
    func openShapes() throws {
      try Self.run(
        "\(Self.folder)/yolov8_open.onnx", SharedData.sample("media/bounce.mp4"),
        try Self.cases(shared: false)["yolov8.onnx"] ?? [])
    }

    @Test("What may be two models is taken as one, and it is said that it may be the other")
    func ambiguous() throws {
      let text = try Program.run(["model", "inspect", "\(Self.folder)/square.onnx"]).text
      #expect(text.contains("YOLOv8") && text.contains("may also be YOLOX's of 79 classes"), "\(text)")
    }

    @Test("A model that can only be run node by node is warned of, and is no fault")
    func nodeByNode() throws {
      let path = "\(Self.folder)/places.onnx"
      let check = try Program.run(["model", "check", path])
      #expect(check.status == 0 && check.text.contains("warning: "), "\(check.text)\(check.errors)")
      #expect(check.text.contains("run node by node") && check.text.contains("no fault found"))
      let json = try Program.run(["model", "check", path, "--json"])
      let object = try JSONDecoder().decode(JSONValue.self, from: json.output)
      #expect(object["sound"].bool == true && object["faults"].array.isEmpty && object["warnings"].array.count == 1)
      // It is true that sessions do not.
      let run = try Program.run(["run", "-q", SharedData.sample("media/bounce.mp4"), "--model", path])
      #expect(run.status == 4)
    }

    @Test("What is detected is followed: numbers stay from picture to picture", .enabled(if: SharedData.isPresent))
    func tracks() throws {
      let words = [
        "--deterministic", "--duration", "2s", SharedData.media("faces_speech_h264_aac.mp4"), "--model",
        SharedData.model("ultraface_RFB-320_decoded_stripped.onnx"), "--track",
        "ultraface_RFB-320_decoded_stripped,birth=0ms",
      ]
      let records = try Program.records(words)
      var numbers: [Int: [Double]] = [:]
      for result in records.results {
        let found = result["output"]["detections"].array
        let told = found.compactMap { $0["track"].number.map { Int($0) } }
        #expect(told.count == found.count && Set(told).count == told.count)
        for one in found {
          let box = one["box"].array.compactMap(\.number)
          // A face does not jump.
          guard let number = one["track"].number.map({ Int($0) }) else { continue }
          if let last = numbers.updateValue(box, forKey: number) {
            #expect(Self.overlap(box, last) > 0.2)
          }
        }
      }
      // Two faces, and hardly more numbers than faces.
      #expect(numbers.count >= 2 && numbers.count <= 4)
      let output = try Program.run(["run", "-q"] + words.dropLast() + ["hit-sound"])
      #expect(output.status == 2 && output.errors.contains("has no model 'hit-sound'"))
    }

    @Test(
      "GTCRN gives as much sound as it was given, from its first sample on",
      .enabled(if: SharedData.isPresent))
    func cleaned() throws {
      let records = try Program.records([
        "--deterministic", "--duration", "3s", SharedData.media("jfk.wav"), "--model",
        SharedData.model("gtcrn_stream_simple.onnx"),
      ])
      let samples = records.results.map { $0["output"]["audio"]["samples"].count }
      // The first window reaches half before the sound; each further one completes 256 samples.
      #expect(samples.count > 180 && samples.first == 0 && samples.dropFirst().allSatisfy { $0 == 256 })
      #expect(records.results.allSatisfy { $0["output"]["audio"]["rate"].count == 16_000 })
    }
  }
}
