import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Models of sound without a description that are known by what they take and give, against ONNX Runtime and the published
  /// front ends: see tools/make_sound_goldens.py.
  @Suite("Known models of sound", .timeLimit(.minutes(3)))
  struct KnownSoundTests {
    struct Golden: Decodable {
      struct Case: Decodable, CustomTestStringConvertible, Sendable {
        /// What a result is to show.
        enum Values: Decodable, Sendable {
          case scores([Double])
          /// For each result classes by number, each with its score; hidden states for rows.
          case rows([[[Double]]])
          case hidden([[Double]])

          init(from decoder: any Decoder) throws {
            let values = try decoder.singleValueContainer()
            if let scores = try? values.decode([Double].self) {
              self = .scores(scores)
            } else if let rows = try? values.decode([[[Double]]].self) {
              self = .rows(rows)
            } else {
              self = .hidden(try values.decode([[Double]].self))
            }
          }
        }

        var models: [String]
        var clip: String
        var shared: Bool
        var values: Values

        var testDescription: String { "\(models.joined(separator: " and ")) on \(clip)" }
      }

      var cases: [Case]
    }

    private static let folder = SharedData.packageRoot.appendingPathComponent("Tests/CLITests/Goldens/Known").path
    static let cases: [Golden.Case] = {
      let data = (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/sound.json"))) ?? Data()
      return (try? JSONDecoder().decode(Golden.self, from: data).cases) ?? []
    }()
    private static let words = [
      "down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown",
    ]

    /// Some of AudioSet's names as `yamnet_class_map.csv` has them.
    private static let heard = [
      0: "Speech", 37: "Wheeze", 137: "Bass guitar", 190: "Wind instrument, woodwind instrument", 195: "Bell",
      257: "Music of Bollywood", 284: "Raindrop", 327: "Train wheels squealing", 396: "Whistle", 465: "Bouncing",
      482: "Whir", 520: "Field recording",
    ]

    private static func isCalled(_ label: String?, _ number: Int, _ model: String) -> Bool {
      if model.hasPrefix("mlc") { return label == words[number] }
      return heard[number].map { $0 == label } ?? (label.map { Int($0) == nil } ?? false)
    }

    private static func path(_ model: String) -> String {
      let own = "\(folder)/\(model)"
      return FileManager.default.fileExists(atPath: own) ? own : SharedData.model(model)
    }

    /// The results of the last model of a case.
    private static func results(_ golden: Golden.Case) throws -> [JSONValue] {
      let clip = golden.shared ? SharedData.media(golden.clip) : "\(folder)/\(golden.clip)"
      let name = golden.models[golden.models.count - 1].dropLast(5)
      // Named before the model that it goes by: the session finds the order.
      let models = golden.models.reversed().flatMap { ["--model", path($0)] }
      return try Program.records(["--deterministic", clip] + models).results.filter {
        $0["model"].string?.hasPrefix("\(name)@") ?? false
      }
    }

    private static func check(_ golden: Golden.Case) throws {
      let results = try results(golden)
      switch golden.values {
      case .scores(let scores):
        #expect(results.count == scores.count)
        for (place, (result, score)) in zip(results, scores).enumerated() {
          // 16 windows of 76 rows 80 ms apart, their last transform of 512 samples.
          #expect(abs((result["pts"].number ?? -1) - 0.08 * Double(place)) < 0.006)
          #expect(abs((result["duration"].number ?? 0) - (15 * 0.08 + 0.75 + 0.032)) < 0.01)
          #expect(abs((result["output"]["scores"].array[0].number ?? -1) - score) < 0.002)
        }
      case .rows(let rows):
        #expect(results.count >= rows.count)
        for (result, best) in zip(results, rows) {
          let classes = result["output"]["classes"].array
          for one in best where one[1] > 0.01 {
            let found = classes.contains {
              isCalled($0["label"].string, Int(one[0]), golden.models[0])
                && abs(($0["score"].number ?? -1) - one[1]) < 0.01
            }
            #expect(found, "\(one) in \(classes.map { ($0["label"].string ?? "", $0["score"].number ?? 0) })")
          }
        }
      case .hidden(let parts):
        #expect(results.count == 1)
        let tensor = results[0]["output"]["tensors"]["last_hidden_state"]
        #expect(tensor["shape"].array.compactMap(\.number) == [1, 1500, 4])
        let values = tensor["values"].array.compactMap(\.number)
        try #require(values.count == 6000 && parts[0].count == 608)
        #expect(zip(values, parts[0]).allSatisfy { abs($0 - $1) < 0.001 })
        #expect(zip(values[4000...], parts[1]).allSatisfy { abs($0 - $1) < 0.001 })
      }
    }

    @Test("There are goldens")
    func present() { #expect(Self.cases.count >= 10) }

    @Test("Models of the shapes of known ones give what ONNX Runtime gives", arguments: cases.filter { !$0.shared })
    func shapes(_ golden: Golden.Case) throws { try Self.check(golden) }

    @Test(
      "Known models themselves give what ONNX Runtime gives", .enabled(if: SharedData.isPresent),
      arguments: cases.filter(\.shared))
    func models(_ golden: Golden.Case) throws { try Self.check(golden) }

    @Test(
      "GTCRN's samples are those of librosa's spectra, the model in ONNX Runtime and back",
      .enabled(if: SharedData.isPresent))
    func samples() throws {
      let scratch = try Scratch()
      let wave = scratch.path("clean.wav")
      _ = try Program.records([
        "--deterministic", "--duration", "2s", SharedData.media("jfk.wav"), "--model",
        SharedData.model("gtcrn_stream_simple.onnx"), "--sink", "wav:\(wave)",
      ])
      func numbers(_ data: Data) -> [Int] {
        let bytes = [UInt8](data)
        return stride(from: 0, to: bytes.count - 1, by: 2).map { place in
          Int(Int16(bitPattern: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8))
        }
      }
      let found = numbers(try Data(contentsOf: URL(fileURLWithPath: wave)).dropFirst(44))
      let expected = numbers(try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/gtcrn.s16")))
      // The last window's second half would be completed by rows that do not come.
      #expect(found.count > expected.count - 512 && found.count <= expected.count)
      let most = zip(found, expected).map { abs($0 - $1) }.max() ?? .max
      // Of 32768: the networks' own rounding over 125 recurrent steps.
      #expect(most <= 8, "\(most)")
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "Keyword spotting on the microphone front end gives what ONNX Runtime gives", .enabled(if: SharedData.isPresent),
      // Class 2 is where TensorFlow's order has "yes". The 8-bit file was calibrated on inputs up to 5 and tells it no more: in ONNX
      // Runtime neither.
      arguments: [("micro_kws_m_static_fp32.onnx", "2", 1), ("micro_kws_m_qdq.onnx", "0", 0.624)])
    func microSpeech(model: String, label: String, score: Double) throws {
      let records = try Program.records([
        "--deterministic", SharedData.media("yes_1000ms.wav"), "--model", SharedData.model(model),
      ])
      #expect(records.results.count == 1)
      let best = records.results.first?["output"]["classes"].array.first
      #expect(best?["label"].string == label && abs((best?["score"].number ?? -1) - score) < 0.02)
    }

    @Test(
      "What is known of a model is packed with it, and says the same",
      arguments: ["whisper_80", "yamnet_samples", "wake_word"])
    func packed(model: String) throws {
      let scratch = try Scratch()
      let archive = scratch.path("\(model).braidmodel")
      let pack = try Program.run([
        "model", "pack", "\(Self.folder)/\(model).onnx", "--name", model, "--output", archive,
      ])
      #expect(pack.status == 0, "\(pack.errors)")
      #expect(try Program.run(["model", "check", archive]).status == 0)
      let others = model == "wake_word" ? ["--model", "\(Self.folder)/small_embedding.onnx"] : []
      func results(_ path: String) throws -> [JSONValue] {
        try Program.records(["--deterministic", "\(Self.folder)/speech.wav", "--model", path] + others).results.map {
          $0["output"]
        }
      }
      let bare = try results("\(Self.folder)/\(model).onnx")
      #expect(try results(archive) == bare && !bare.isEmpty)
      withExtendedLifetime(scratch) {}
    }
  }
}
