import BraidInference
import Testing

/// A small model with one thing wrong, written in the format's own encoding.
struct BrokenGraph: Sendable, CustomTestStringConvertible {
  let name: String
  let code: InferenceError.Code
  let bytes: [UInt8]

  var testDescription: String { name }

  // MARK: - The encoding: tagged fields, lengths and numbers in groups of seven bits

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
  private static func number(_ field: UInt64, _ value: Int64) -> [UInt8] {
    varint(field << 3) + varint(UInt64(bitPattern: value))
  }
  private static func message(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }
  private static func text(_ field: UInt64, _ value: String) -> [UInt8] { message(field, Array(value.utf8)) }

  private static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], domain: String = "", attributes: [[UInt8]] = []
  ) -> [UInt8] {
    let fields = inputs.map { text(1, $0) } + outputs.map { text(2, $0) } + [text(4, type), text(7, domain)]
    return message(1, (fields + attributes.map { message(5, $0) }).flatMap(\.self))
  }
  private static func value(_ field: UInt64, _ name: String, _ dimensions: [Int64], type: Int64 = 1) -> [UInt8] {
    let shape = dimensions.flatMap { message(1, number(1, $0)) }
    return message(field, text(1, name) + message(2, message(1, number(1, type) + message(2, shape))))
  }
  private static func tensor(_ field: UInt64, _ name: String, _ dimensions: [Int64], type: Int64 = 1, raw: Int)
    -> [UInt8]
  {
    message(
      field,
      dimensions.flatMap { number(1, $0) } + number(2, type) + text(8, name)
        + message(9, [UInt8](repeating: 0, count: raw)))
  }
  private static func model(_ graph: [[UInt8]], opset: Int64? = 15) -> [UInt8] {
    number(1, 8) + message(7, graph.flatMap(\.self)) + (opset.map { message(8, number(2, $0)) } ?? [])
  }
  private static let x = value(11, "x", [1, 4])
  private static let y = value(12, "y", [1, 4])

  private static func nested(_ depth: Int) -> [UInt8] {
    var graph = node("Relu", ["x"], ["y0"]) + value(12, "y0", [1, 4])
    for level in 1...depth {
      let branch = text(1, "then_branch") + message(6, graph) + number(20, 5)
      graph = node("If", ["c"], ["y\(level)"], attributes: [branch]) + value(12, "y\(level)", [1, 4])
    }
    return graph
  }

  /// Every kind.
  static let all: [BrokenGraph] = [
    BrokenGraph(name: "no graph", code: .notAModel, bytes: number(1, 8) + message(8, number(2, 15))),
    BrokenGraph(
      name: "no operator set", code: .invalidGraph, bytes: model([x, y, node("Relu", ["x"], ["y"])], opset: nil)),
    BrokenGraph(name: "no outputs", code: .invalidGraph, bytes: model([x, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "cycle", code: .invalidGraph,
      bytes: model([x, y, node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])])),
    BrokenGraph(name: "reads itself", code: .invalidGraph, bytes: model([x, y, node("Add", ["x", "y"], ["y"])])),
    BrokenGraph(name: "missing name", code: .invalidGraph, bytes: model([x, y, node("Relu", ["z"], ["y"])])),
    BrokenGraph(
      name: "missing output", code: .invalidGraph, bytes: model([x, value(12, "z", [1]), node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "name given twice", code: .invalidGraph,
      bytes: model([x, y, node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])])),
    BrokenGraph(name: "no operator named", code: .invalidGraph, bytes: model([x, y, node("", ["x"], ["y"])])),
    BrokenGraph(name: "missing operand", code: .invalidGraph, bytes: model([x, y, node("MatMul", ["x"], ["y"])])),
    BrokenGraph(
      name: "unknown operator", code: .unsupportedOperator, bytes: model([x, y, node("Frobnicate", ["x"], ["y"])])),
    BrokenGraph(
      name: "unknown domain", code: .unsupportedOperator,
      bytes: model([x, y, node("Relu", ["x"], ["y"], domain: "com.example")])),
    BrokenGraph(
      name: "wrong element type", code: .unsupportedOperator,
      bytes: model([value(11, "x", [1, 4], type: 7), y, node("Sigmoid", ["x"], ["y"])])),
    BrokenGraph(
      name: "strings", code: .unsupportedOperator,
      bytes: model([value(11, "x", [1, 4], type: 8), y, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "unknown element type", code: .unsupportedFeature,
      bytes: model([value(11, "x", [1, 4], type: 99), y, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "mixed element types", code: .invalidGraph,
      bytes: model([x, value(11, "b", [1, 4], type: 7), y, node("Add", ["x", "b"], ["y"])])),
    BrokenGraph(
      name: "negative dimension", code: .invalidGraph,
      bytes: model([value(11, "x", [-4]), y, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "huge input", code: .limitExceeded,
      bytes: model([value(11, "x", [1 << 20, 1 << 20]), y, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "overflowing input", code: .shapeMismatch,
      bytes: model([value(11, "x", [1 << 40, 1 << 40]), y, node("Relu", ["x"], ["y"])])),
    BrokenGraph(
      name: "huge parameter", code: .limitExceeded,
      bytes: model([x, y, tensor(5, "w", [1 << 20, 1 << 20], raw: 8), node("Add", ["x", "w"], ["y"])])),
    BrokenGraph(
      name: "negative parameter", code: .invalidGraph,
      bytes: model([x, y, tensor(5, "w", [-1], raw: 8), node("Add", ["x", "w"], ["y"])])),
    BrokenGraph(
      name: "short parameter", code: .invalidGraph,
      bytes: model([x, y, tensor(5, "w", [1, 4], raw: 12), node("Add", ["x", "w"], ["y"])])),
    BrokenGraph(
      name: "long parameter", code: .invalidGraph,
      bytes: model([x, y, tensor(5, "w", [1, 4], raw: 20), node("Add", ["x", "w"], ["y"])])),
    BrokenGraph(
      name: "external data", code: .unsupportedFeature,
      bytes: model([
        x, y,
        message(
          5,
          number(1, 4) + number(2, 1) + text(8, "w") + message(13, text(1, "location") + text(2, "../../etc/passwd"))
            + number(14, 1)), node("Add", ["x", "w"], ["y"]),
      ])),
    BrokenGraph(
      name: "shapes that do not fit", code: .shapeMismatch,
      bytes: model([x, y, tensor(5, "w", [3], raw: 12), node("Add", ["x", "w"], ["y"])])),
    BrokenGraph(
      name: "huge result", code: .limitExceeded,
      bytes: model([
        x, y, message(5, number(1, 2) + number(2, 7) + text(8, "w") + message(7, varint(1 << 20) + varint(1 << 20))),
        node("ConstantOfShape", ["w"], ["y"]),
      ])),
    BrokenGraph(
      name: "negative result", code: .shapeMismatch,
      bytes: model([
        x, y, message(5, number(1, 1) + number(2, 7) + text(8, "w") + message(7, varint(UInt64(bitPattern: -5)))),
        node("ConstantOfShape", ["w"], ["y"]),
      ])),
    BrokenGraph(
      name: "branches nested too deep", code: .limitExceeded,
      bytes: model([x, value(11, "c", [], type: 9), nested(20), value(12, "y20", [1, 4])])),
    BrokenGraph(
      name: "shape that depends on the data", code: .unsupportedOperator,
      bytes: model([x, value(11, "s", [2], type: 7), y, node("Reshape", ["x", "s"], ["y"])])),
    BrokenGraph(
      name: "condition without a branch", code: .invalidGraph,
      bytes: model([x, value(11, "c", [], type: 9), y, node("If", ["c"], ["y"])])),
    BrokenGraph(
      name: "empty axis beside a huge one", code: .invalidGraph,
      bytes: model([
        x, y, tensor(5, "w", [0, 1 << 61], raw: 0), node("Concat", ["w", "w", "w", "w"], ["z"]),
        node("Add", ["x", "z"], ["y"]),
      ])),
    BrokenGraph(
      name: "window larger than its axis", code: .shapeMismatch,
      bytes: model([
        value(11, "x", [1, 1, 4]), y, tensor(5, "w", [1, 1, 9], raw: 36), node("Conv", ["x", "w"], ["y"]),
      ])),
    BrokenGraph(
      name: "filters that do not fit", code: .shapeMismatch,
      bytes: model([
        value(11, "x", [1, 2, 4]), y, tensor(5, "w", [1, 1, 3], raw: 12), node("Conv", ["x", "w"], ["y"]),
      ])),
    BrokenGraph(
      name: "scales that do not fit", code: .shapeMismatch,
      bytes: model([
        x, y, tensor(5, "s", [3], raw: 12), tensor(5, "z", [3], type: 3, raw: 3),
        node("QuantizeLinear", ["x", "s", "z"], ["y"]),
      ])),
    BrokenGraph(name: "one operand of two", code: .invalidGraph, bytes: model([x, y, node("Greater", ["x"], ["y"])])),
    BrokenGraph(
      name: "pooling without spatial axes", code: .invalidGraph,
      bytes: model([value(11, "x", [4]), y, node("MaxPool", ["x"], ["y"])])),
  ]

  /// Models that are unusual and right.
  static let unusual: [(name: String, bytes: [UInt8])] = [
    (
      "scalars",
      model([
        value(11, "x", []), value(12, "y", []), node("Transpose", ["x"], ["a"]), node("Relu", ["a"], ["b"]),
        node("Add", ["b", "x"], ["c"]), node("Softmax", ["c"], ["y"]),
      ])
    ),
    (
      "an empty tensor",
      model([
        x, value(12, "y", [0, 4]), tensor(5, "w", [0, 4], raw: 0), node("Add", ["x", "w"], ["a"]),
        node("Relu", ["a"], ["b"]), node("Transpose", ["b"], ["c"]), node("Concat", ["c", "c"], ["y"]),
      ])
    ),
    ("an input that is an output", model([x, value(12, "x", [1, 4])])),
    ("an output that is a parameter", model([x, value(12, "w", [2]), tensor(5, "w", [2], raw: 8)])),
    (
      "nodes out of order",
      model([x, y, node("Relu", ["a"], ["y"]), node("Exp", ["x"], ["a"])])
    ),
  ]
}
