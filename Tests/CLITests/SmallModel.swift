import BraidTestSupport
import Foundation
import Testing

/// Models of one node and tensors in ONNX's format, written by hand.
enum SmallModel {
  /// A message of Protocol Buffers under construction.
  struct Message {
    var bytes: [UInt8] = []

    /// Adds a whole number.
    func number(_ field: Int, _ value: Int) -> Message {
      var copy = self
      copy.varint(UInt64(field) << 3)
      copy.varint(UInt64(value))
      return copy
    }

    /// Adds a text, bytes or a message.
    func field(_ field: Int, _ value: some Sequence<UInt8>) -> Message {
      var copy = self
      let value = Array(value)
      copy.varint(UInt64(field) << 3 | 2)
      copy.varint(UInt64(value.count))
      copy.bytes += value
      return copy
    }

    private mutating func varint(_ value: UInt64) {
      var rest = value
      while rest > 0x7f {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
  }

  /// A model whose inputs and output are `float32` tensors of these dimensions: `output = operation(inputs)`.
  static func model(
    _ operation: String, inputs: [String] = ["x"], output: String = "y", dimensions: [Int] = [3]
  ) -> Data {
    let graph = graph(
      [node(operation, inputs, [output])], inputs: inputs.map { info($0, dimensions) },
      outputs: [info(output, dimensions)])
    return model(graph)
  }

  /// A model of one square picture of 3 channels that multiplies it by itself so many times and gives the means
  /// of its channels.
  static func products(_ count: Int, side: Int = 256, output: String = "y") -> Data {
    var nodes: [Message] = []
    for index in 0..<count {
      nodes.append(node("MatMul", [index == 0 ? "x" : "p\(index)", "x"], ["p\(index + 1)"]))
    }
    nodes.append(node("GlobalAveragePool", ["p\(count)"], [output]))
    return model(
      graph(nodes, inputs: [info("x", [1, 3, side, side])], outputs: [info(output, [1, 3, 1, 1])]))
  }

  /// Writes a model of pictures whose run takes about so many milliseconds on this machine.
  ///
  /// - Returns: its path, `name.onnx` in the scratch folder.
  static func slow(_ scratch: Scratch, name: String, milliseconds: Double) throws -> String {
    let probe = scratch.path("\(name)-probe.onnx")
    try products(4).write(to: URL(fileURLWithPath: probe))
    let bench = try Program.run(["model", "bench", probe, "--json", "--seconds", "0.3"])
    let answer = try JSONDecoder().decode(JSONValue.self, from: bench.output)
    let each = try #require(answer["p50_ms"].number) / 4
    let path = scratch.path("\(name).onnx")
    try products(max(1, Int((milliseconds / each).rounded()))).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// A model of pictures of 3 x 16 x 16 that gives the means of their channels; of so many at once, any number where -1.
  static func means(_ batch: Int) -> Data {
    model(
      graph(
        [node("GlobalAveragePool", ["x"], ["y"])], inputs: [info("x", [batch, 3, 16, 16])],
        outputs: [info("y", [batch, 3, 1, 1])]))
  }

  /// A detector that takes a gray picture of 16 x 16 and always finds the same boxes, given by their edges. The score of each is its
  /// value times the mean of the picture.
  static func detector(_ found: [(score: Float, left: Float, top: Float, right: Float, bottom: Float)]) -> Data {
    let count = found.count
    let boxes: [Float] = found.flatMap { [$0.left, $0.top, $0.right, $0.bottom] as [Float] }
    let scores: [Float] = found.flatMap { [0, $0.score] as [Float] }
    let nodes = [
      node("GlobalAveragePool", ["x"], ["mean"]), node("Mul", ["score_values", "mean"], ["scores"]),
      node("Mul", ["mean", "zeros"], ["nothing"]), node("Add", ["box_values", "nothing"], ["boxes"]),
    ]
    var made = graph(
      nodes, inputs: [info("x", [1, 1, 16, 16])],
      outputs: [info("scores", [1, 1, count, 2]), info("boxes", [1, 1, count, 4])])
    for (name, values, width) in [
      ("score_values", scores, 2), ("box_values", boxes, 4), ("zeros", [Float](repeating: 0, count: boxes.count), 4),
    ] as [(String, [Float], Int)] {
      var tensor = Message()
      for size in [1, 1, count, width] { tensor = tensor.number(1, size) }
      made = made.field(5, tensor.number(2, 1).field(8, name.utf8).field(9, bytes(values)).bytes)
    }
    return model(made)
  }

  /// Writes two such models, `one` and `other`, which take the same time.
  static func slowPair(_ scratch: Scratch, milliseconds: Double) throws -> [String] {
    let one = try slow(scratch, name: "one", milliseconds: milliseconds)
    let other = scratch.path("other.onnx")
    try FileManager.default.copyItem(atPath: one, toPath: other)
    return [one, other]
  }

  /// A loop over so many values that keeps its own condition true.
  static func endless(_ count: Int) -> Data {
    let body = graph(
      [node("Identity", ["go"], ["on"]), node("Relu", ["state"], ["next"])],
      inputs: [info("pass", [], type: 7), info("go", [], type: 9), info("state", [count])],
      outputs: [info("on", [], type: 9), info("next", [count])])
    let attribute = Message().field(1, "body".utf8).field(6, body.bytes).number(20, 5)
    return model(
      graph(
        [node("Loop", ["", "", "x"], ["y"], [attribute])], inputs: [info("x", [count])], outputs: [info("y", [count])]))
  }

  private static func model(_ graph: Message) -> Data {
    let version = Message().number(2, 17)
    return Data(Message().number(1, 8).field(2, "braid tests".utf8).field(7, graph.bytes).field(8, version.bytes).bytes)
  }

  private static func graph(_ nodes: [Message], inputs: [Message], outputs: [Message]) -> Message {
    var graph = Message()
    for node in nodes { graph = graph.field(1, node.bytes) }
    graph = graph.field(2, "small".utf8)
    for input in inputs { graph = graph.field(11, input.bytes) }
    for output in outputs { graph = graph.field(12, output.bytes) }
    return graph
  }

  private static func node(
    _ operation: String, _ inputs: [String], _ outputs: [String], _ attributes: [Message] = []
  ) -> Message {
    var node = Message()
    for input in inputs { node = node.field(1, input.utf8) }
    for output in outputs { node = node.field(2, output.utf8) }
    node = node.field(3, "the node".utf8).field(4, operation.utf8)
    for attribute in attributes { node = node.field(5, attribute.bytes) }
    return node
  }

  /// A name with an element type, by ONNX's number, and dimensions.
  private static func info(_ name: String, _ dimensions: [Int], type: Int = 1) -> Message {
    var shape = Message()
    for size in dimensions {
      // Any size has a name.
      shape = shape.field(1, (size < 0 ? Message().field(2, "n".utf8) : Message().number(1, size)).bytes)
    }
    let tensor = Message().number(1, type).field(2, shape.bytes)
    return Message().field(1, name.utf8).field(2, Message().field(1, tensor.bytes).bytes)
  }

  /// A `float32` tensor.
  static func tensor(_ values: [Float], dimensions: [Int]? = nil) -> Data {
    var message = Message()
    for size in dimensions ?? [values.count] { message = message.number(1, size) }
    return Data(message.number(2, 1).field(9, bytes(values)).bytes)
  }

  /// The values as they lie in memory, little-endian.
  static func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32($0 * 8)) } }
  }

  /// Writes a case of the standard's layout: a model, its inputs and what it should give.
  static func writeCase(
    _ scratch: Scratch, _ name: String, model: Data, inputs: [[Float]], output: [Float], tolerance: String? = nil
  ) throws {
    let files = FileManager.default
    let set = scratch.path("\(name)/test_data_set_0")
    try files.createDirectory(atPath: set, withIntermediateDirectories: true)
    try model.write(to: URL(fileURLWithPath: scratch.path("\(name)/model.onnx")))
    for (index, values) in inputs.enumerated() {
      try tensor(values).write(to: URL(fileURLWithPath: "\(set)/input_\(index).pb"))
    }
    try tensor(output).write(to: URL(fileURLWithPath: "\(set)/output_0.pb"))
    if let tolerance { _ = try scratch.write("\(name)/tolerance.json", Data(tolerance.utf8)) }
  }
}
