import BraidCore
import BraidONNXFormat
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

@Suite("Packages: descriptions against models")
struct ContradictionTests {
  /// A model that gives scores of so many classes for ten boxes, a count of whole numbers, and takes a picture and a state.
  private static func model(classes: Int64 = 4, numbers: Int64 = 4) throws -> Model {
    try BuiltModel.model(
      BuiltModel.graph(
        [
          BuiltModel.node("Identity", ["s"], ["scores"]), BuiltModel.node("Identity", ["b"], ["boxes"]),
          BuiltModel.node("Identity", ["c"], ["count"]), BuiltModel.node("Identity", ["p"], ["same"]),
        ],
        inputs: [
          BuiltModel.info("s", [1, 10, classes]), BuiltModel.info("b", [1, 10, numbers]),
          BuiltModel.info("c", [1], type: 7), BuiltModel.info("p", [1, 3, 24, 32]),
        ],
        outputs: [
          BuiltModel.info("scores", [1, 10, classes]), BuiltModel.info("boxes", [1, 10, numbers]),
          BuiltModel.info("count", [1], type: 7), BuiltModel.info("same", [1, 3, 24, 32]),
        ]))
  }

  private static func description(labels: Int, scores: String = "scores", boxes: String = "boxes") -> ModelDescription {
    ModelDescription(
      name: "m", version: "1.0.0",
      inputs: [
        .init(name: "s", source: .state(from: "scores")), .init(name: "b", source: .state(from: "boxes")),
        .init(name: "c", source: .constant(1)),
        .init(name: "p", source: .picture(.init(width: 32, height: 24, colour: .rgb, layout: .nchw))),
      ],
      decoder: .detections(
        .init(
          scores: scores, boxes: boxes, encoding: .corners, labels: (0..<labels).map { "\($0)" }, threshold: 0.5,
          overlap: 0.5)))
  }

  private func faults(_ description: ModelDescription, _ model: Model) -> [String] {
    description.contradictions(to: model, plan: nil).map { "\($0.field): \($0.message)" }
  }

  @Test("labels are as many as the model has classes after background")
  func labels() throws {
    let model = try Self.model()
    #expect(faults(Self.description(labels: 3), model) == [])
    #expect(
      faults(Self.description(labels: 2), model)
        == ["output.labels: there are 2, too few for the model's 3 classes"])
    #expect(
      faults(Self.description(labels: 5), model)
        == ["output.labels: there are 5, too many for the model's 3 classes"])
  }

  @Test("outputs must be there, be numbers, and be boxes where they are called so")
  func outputs() throws {
    let model = try Self.model()
    #expect(
      faults(Self.description(labels: 3, scores: "score", boxes: "box"), model) == [
        "output.scores: the model has no output 'score'", "output.boxes: the model has no output 'box'",
      ])
    #expect(
      faults(Self.description(labels: 3, scores: "count"), model)
        == ["output.scores: output 'count' is [1], and there are 10 boxes"])
    #expect(
      faults(Self.description(labels: 3), try Self.model(numbers: 5))
        == ["output.boxes: output 'boxes' is [1, 10, 5], and a box has 4 numbers"])
    let swapped = faults(Self.description(labels: 3, scores: "boxes", boxes: "scores"), try Self.model(classes: 7))
    #expect(swapped == ["output.boxes: output 'scores' is [1, 10, 7], and a box has 4 numbers"])
  }

  @Test("inputs must be fed what they take: types, states and sizes")
  func inputs() throws {
    let model = try Self.model()
    var description = Self.description(labels: 3)
    description.inputs[0].source = .state(from: "boxs")
    description.inputs[1].source = .state(from: "same")
    description.inputs[2].source = .samples(.init(sampleRate: 16_000, hop: 1, context: 0))
    description.inputs[3].source = .picture(.init(width: 24, height: 32, colour: .rgb, layout: .nchw))
    #expect(
      faults(description, model) == [
        "inputs[0].from: the model has no output 'boxs'",
        "inputs[1].from: output 'same' is [1, 3, 24, 32], and input 'b' is [1, 10, 4]",
        "inputs[2].kind: input 'c' is of int64, and only float32, uint8 and int8 can be fed",
        "inputs[3].height: input 'p' is [1, 3, 24, 32], and the description makes [1, 3, 32, 24]",
      ])
    description.inputs.removeLast(3)
    description.inputs[0].name = "t"
    let missing = faults(description, model)
    #expect(missing.prefix(1) == ["inputs[0].name: the model has no input 't'"])
    for name in ["s", "b", "c", "p"] {
      #expect(missing.contains("inputs: nothing is said of the model's input '\(name)'"))
    }
  }

  @Test("a constant must fit the whole numbers that its input takes")
  func constants() throws {
    func model(_ type: Int32) throws -> Model {
      try BuiltModel.model(
        BuiltModel.graph(
          [BuiltModel.node("Identity", ["x"], ["y"])], inputs: [BuiltModel.info("x", [2], type: type)],
          outputs: [BuiltModel.info("y", [2], type: type)]))
    }
    func found(_ value: Int, _ type: Int32) throws -> [String] {
      let description = ModelDescription(
        name: "m", version: "1.0.0", inputs: [.init(name: "x", source: .constant(value))], decoder: .raw)
      return description.contradictions(to: try model(type), plan: nil).map { "\($0.field): \($0.message)" }
    }
    #expect(try found(3_000_000_000, 6) == ["inputs[0].value: input 'x' is of int32, and 3000000000 does not fit"])
    #expect(try found(-2_147_483_648, 6) == [] && found(3_000_000_000, 7) == [])
    #expect(try found(1, 1) == ["inputs[0].kind: input 'x' is of float32, and a constant is a whole number"])
    var options = SessionOptions()
    options.constantInputs["x"] = 2_147_483_648
    let error = #expect(throws: InferenceError.self) { try Plan(try model(6), options: options) }
    #expect(error?.code == .invalidOption && error?.message.contains("2147483648 does not fit") == true)
    let real = #expect(throws: InferenceError.self) { try Plan(try model(1), options: options) }
    #expect(real?.remedy.isEmpty == false)
  }

  @Test("data beside a model is read out of its archive, checked by its hash, and nowhere else")
  func externalData() throws {
    let data: [UInt8] = [1, 2, 3, 4].flatMap { (value: Float) in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }
    func load(
      _ location: String, hash: String? = nil, others: Bool = false, sparse: Bool = false, folder: String = ""
    ) throws -> InferenceError? {
      var tensor = ONNXTensor()
      (tensor.name, tensor.dims, tensor.dataType, tensor.dataLocation) = ("w", [4], 1, 1)
      var entry = ONNXStringEntry()
      (entry.key, entry.value) = ("location", location)
      tensor.externalData = [entry]
      let model = try BuiltModel.bytes(
        BuiltModel.graph(
          [BuiltModel.node("Add", ["x", "w"], ["y"])], inputs: [BuiltModel.info("x", [4])],
          outputs: [BuiltModel.info("y", [4])], parameters: [tensor]))
      var hashes = hash.map { "sha256: {\"\(folder)w.bin\": \"\($0)\", " } ?? (others ? "sha256: {" : "")
      if !hashes.isEmpty { hashes += "\"\(folder)m.onnx\": \"\(SHA256.digest(model))\"}" }
      let text = """
        format: braid-model/1
        name: m
        version: 1.0.0
        model: \(folder)m.onnx
        inputs: [{name: x, kind: state, from: y}]
        \(hashes)
        """
      let scratch = try Scratch()
      var path = scratch.path("m.braidmodel")
      let files = [("braid.yaml", Array(text.utf8)), ("\(folder)m.onnx", model), ("\(folder)w.bin", data)]
      try PackageArchiveWriter.write(files, to: path)
      if sparse {
        // A folder, and a terabyte of nothing on its disk.
        path = scratch.folder.path
        for (name, bytes) in files { try scratch.write(name, Data(bytes)) }
        let file = try FileHandle(forWritingTo: scratch.folder.appendingPathComponent("w.bin"))
        try file.truncate(atOffset: 1 << 40)
        try file.close()
      }
      do throws(InferenceError) {
        let package = try ModelPackage.open(path)
        let session = try InferenceSession(Plan(try package.load()))
        try session.run()
        var sums = [Float](repeating: 0, count: 4)
        var span = sums.mutableSpan
        try session.read(output: 0, into: &span)
        #expect(sums == [1, 2, 3, 4])
        return nil
      } catch {
        #expect(error.location.hasPrefix("\(path)\(sparse ? "/" : ": ")\(folder)m.onnx"), "\(error)")
        return error
      }
    }
    #expect(try load("w.bin") == nil)
    #expect(try load("./w.bin", hash: SHA256.digest(data), folder: "inner/") == nil)
    let mismatch = try load("w.bin", hash: String(repeating: "0", count: 64))
    #expect(mismatch?.code == .hashMismatch && mismatch?.location.contains("w.bin") == true)
    #expect(try load("absent")?.code == .unreadable)
    let bounded = try load("w.bin", hash: SHA256.digest(data), sparse: true)
    #expect(
      bounded?.code == .limitExceeded && bounded?.location.contains("w.bin") == true, "\(String(describing: bounded))")
    let unnamed = try load("w.bin", others: true)
    #expect(unnamed?.code == .invalidPackage && unnamed?.location.contains("w.bin") == true)
    // Another spelling of the same file has no hash either, and is not taken unchecked.
    #expect(try load(".//w.bin", hash: SHA256.digest(data))?.code != nil)
    for location in ["../w.bin", "/etc/passwd", "a/../../w.bin", "../\u{301}w.bin", "/\u{301}etc"] {
      #expect(try load(location, folder: "inner/")?.code == .invalidGraph, "\(location)")
    }
  }
}
