import BraidInference
import BraidONNXFormat
import BraidTestSupport
import Foundation
import Testing

/// Parts of the format beyond nodes and dense parameters.
@Suite struct ImportTests {
  typealias Built = BuiltModel

  static func graph(_ node: ONNXNode, parameters: [ONNXTensor] = []) -> ONNXGraph {
    Built.graph(
      [node], inputs: [Built.info("x", [4])], outputs: [Built.info("y", [4])], parameters: parameters)
  }

  static func run(_ model: Model, _ values: [Float] = [-2, -1, 1, 2]) throws -> [Float] {
    let x = try #require(Tensor.floats(values, [values.count]))
    return try DynamicSession(model).run(["x": x])[0].tensor?.array(of: Float.self) ?? []
  }

  @Test("A model's own functions take attributes from their callers, or their defaults, through other functions")
  func functions() throws {
    let inner = Built.function(
      "Leak", ["a"], ["b"], [Built.node("LeakyRelu", ["a"], ["b"], [Built.reference("alpha", to: "slope", type: 1)])],
      defaults: [Built.float("slope", 0.5)])
    let outer = Built.function(
      "Twice", ["a", "absent"], ["b"],
      [
        Built.node("Leak", ["a"], ["once"], [Built.reference("slope", to: "s", type: 1)], domain: "own"),
        Built.node("Leak", ["once"], ["b"], domain: "own"),
      ], attributes: ["s"])
    let given = Built.node("Twice", ["x"], ["y"], [Built.float("s", 0.25)], domain: "own")
    #expect(try Self.run(Built.model(Self.graph(given), functions: [inner, outer])) == [-0.25, -0.125, 1, 2])
    // What nobody gives, the operator's own default takes: through a chain of references, the inner function's.
    let bare = Built.node("Twice", ["x"], ["y"], domain: "own")
    #expect(try Self.run(Built.model(Self.graph(bare), functions: [inner, outer])) == [-0.5, -0.25, 1, 2])
  }

  @Test("Functions that call themselves, or each other without end, or too often, are refused")
  func recursion() throws {
    func call(_ name: String, _ input: String, _ output: String) -> ONNXNode {
      Built.node(name, [input], [output], domain: "own")
    }
    let selfish = Built.function("F", ["a"], ["b"], [call("F", "a", "b")])
    #expect(
      DynamicSessionTests.outcome { _ = try Built.model(Self.graph(call("F", "x", "y")), functions: [selfish]) }
        == .invalidGraph)
    let pair = [
      Built.function("F", ["a"], ["b"], [call("G", "a", "b")]),
      Built.function("G", ["a"], ["b"], [call("F", "a", "b")]),
    ]
    #expect(
      DynamicSessionTests.outcome { _ = try Built.model(Self.graph(call("F", "x", "y")), functions: pair) }
        == .invalidGraph)
    // Each calls the next ten times: 10^10 nodes.
    let bomb = (0..<10).map { level in
      Built.function(
        "F\(level)", ["a"], ["v10"],
        [Built.node("Identity", ["a"], ["v0"])]
          + (0..<10).map {
            level == 9 ? Built.node("Relu", ["v\($0)"], ["v\($0 + 1)"]) : call("F\(level + 1)", "v\($0)", "v\($0 + 1)")
          })
    }
    #expect(
      DynamicSessionTests.outcome { _ = try Built.model(Self.graph(call("F0", "x", "y")), functions: bomb) }
        == .limitExceeded)
  }

  @Test("Data beside the model is read; outside its folder, too short or missing it is refused")
  func externalData() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "external-\(UInt64.random(in: 0...UInt64.max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let inside = folder.appendingPathComponent("model/parts")
    try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
    let values: [Float] = [9, 10, 20, 30, 40]
    let data = Data(
      values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } })
    try data.write(to: inside.appendingPathComponent("weights"))
    try data.write(to: folder.appendingPathComponent("secret"))
    try FileManager.default.createSymbolicLink(
      atPath: inside.appendingPathComponent("link").path, withDestinationPath: "../../secret")
    func outcome(_ location: String, offset: String = "4", length: String? = "16") throws -> InferenceError.Code? {
      var tensor = ONNXTensor()
      (tensor.name, tensor.dims, tensor.dataType, tensor.dataLocation) = ("w", [4], 1, 1)
      tensor.externalData = [("location", location), ("offset", offset)].map { key, value in
        var entry = ONNXStringEntry()
        (entry.key, entry.value) = (key, value)
        return entry
      }
      if let length {
        var entry = ONNXStringEntry()
        (entry.key, entry.value) = ("length", length)
        tensor.externalData.append(entry)
      }
      let path = folder.appendingPathComponent("model/model.onnx")
      try Data(try Built.bytes(Self.graph(Built.node("Add", ["x", "w"], ["y"]), parameters: [tensor]))).write(to: path)
      return DynamicSessionTests.outcome {
        let sums = try Self.run(Model.load(path: path.path))
        #expect(sums == [8, 19, 31, 42])
      }
    }
    #expect(try outcome("parts/weights") == nil)
    #expect(try outcome("./parts/weights", length: nil) == nil)
    for location in ["../secret", "parts/../../secret", "parts/link", folder.path + "/secret", "/etc/passwd", "", "\0"]
    {
      #expect(try outcome(location) == .invalidGraph, "\(location)")
    }
    #expect(try outcome("parts/absent") == .unreadable)
    #expect(try outcome("parts") == .unreadable)
    #expect(try outcome("parts/weights", offset: "8") == .invalidGraph)
    #expect(try outcome("parts/weights", offset: "-4") == .invalidGraph)
    #expect(try outcome("parts/weights", offset: "9223372036854775807") == .invalidGraph)
    #expect(try outcome("parts/weights", length: "12") == .invalidGraph)
  }

  @Test("Sparse parameters become dense; indices outside are refused")
  func sparse() throws {
    func model(_ places: [Int64], _ dimensions: [Int64]) throws -> Model {
      var graph = Self.graph(Built.node("Add", ["x", "w"], ["y"]))
      var sparse = ONNXSparseTensor()
      sparse.values = Built.tensor("w", [2], [10, 20])
      sparse.indices = Built.tensor("", dimensions, int64: places)
      sparse.dims = [4]
      graph.sparseInitializer = [sparse]
      return try Built.model(graph)
    }
    #expect(try Self.run(model([1, 3], [2])) == [-2, 9, 1, 22])
    #expect(try Self.run(model([0, 2], [2, 1])) == [8, -1, 21, 2])
    for (places, dimensions) in [([1, 4], [2]), ([-1, 0], [2]), ([0, 1, 2], [3])] as [([Int64], [Int64])] {
      #expect(DynamicSessionTests.outcome { _ = try model(places, dimensions) } == .invalidGraph)
    }
  }

  @Test("Elements of less than a byte are unpacked, the first from the lowest bits")
  func packed() throws {
    for (type, raw, expected) in [
      (22, [0x8f, 0x07], [-1, -8, 7]), (21, [0x8f, 0x07], [15, 8, 7]), (26, [0b10_01_11], [-1, 1, -2]),
      (25, [0b10_01_11], [3, 1, 2]), (23, [0x9f, 0x02], [-6, -0.5, 1]),
    ] as [(Int32, [UInt8], [Float])] {
      var tensor = ONNXTensor()
      (tensor.name, tensor.dims, tensor.dataType, tensor.rawData) = ("w", [3], type, Data(raw))
      let graph = Built.graph(
        [Built.node("Cast", ["w"], ["y"], [Built.int("to", 1)])], outputs: [Built.info("y", [3])], parameters: [tensor])
      let outputs = try DynamicSession(Built.model(graph, version: 26)).run([:])
      #expect(outputs[0].tensor?.array(of: Float.self) == expected, "type \(type)")
      tensor.rawData.append(0)
      let long = Built.graph(
        [Built.node("Cast", ["w"], ["y"], [Built.int("to", 1)])], outputs: [Built.info("y", [3])], parameters: [tensor])
      #expect(DynamicSessionTests.outcome { _ = try Built.model(long, version: 26) } == .invalidGraph)
    }
  }

  @Test("A cast to a type of eight bits gives the nearest of its numbers, and back the same code", arguments: 17...20)
  func smallFloats(type: Int64) throws {
    func cast(_ inputType: Int32, to type: Int64) throws -> DynamicSession {
      try DynamicSession(
        Built.model(
          Built.graph(
            [Built.node("Cast", ["x"], ["y"], [Built.int("to", type)])],
            inputs: [Built.info("x", [nil], type: inputType)], outputs: [Built.info("y", [nil], type: Int32(type))]),
          version: 26))
    }
    let elementType: [ElementType] = [.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz]
    let shape = try #require(TensorShape([256]))
    let codes = try #require(
      Tensor(bytes: (0...255).map { UInt8($0) }, elementType: elementType[Int(type - 17)], shape: shape))
    let decoded = try cast(Int32(type), to: 1).run(["x": .tensor(codes)])
    let numbers = try #require(decoded[0].tensor?.array(of: Float.self))
    let back = try #require(try cast(1, to: type).run(["x": decoded[0]])[0].tensor?.array(of: UInt8.self))
    for code in 0...255 where numbers[code].isFinite { #expect(back[code] == UInt8(code), "code \(code)") }
    // Numbers in between, against a search through all.
    var generator = SeededGenerator.printed()
    let finite = numbers.filter(\.isFinite)
    let largest = finite.max() ?? 0
    let samples = (0..<2000).map { _ in
      Float.random(in: -1...1, using: &generator) * largest * exp2(Float.random(in: -20...0, using: &generator))
    }
    let rounded = try cast(1, to: type).run(["x": #require(Tensor.floats(samples, [samples.count]))])[0]
    let found = try #require(rounded.tensor?.doubles)
    for (sample, value) in zip(samples, found) {
      let best = finite.map { abs($0 - sample) }.min() ?? 0
      #expect(abs(Float(value) - sample) == best, "\(sample) became \(value)")
    }
  }
}
