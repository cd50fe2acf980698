import BraidONNXFormat
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// What no plan can hold runs node by node, and gives what a plan gives where one can.
@Suite struct DynamicSessionTests {
  typealias Built = BuiltModel

  /// Adds 1 to `x` until the sum of `total` and `x` passes `bound`; stacks what it had on the way.
  static func loop(bound: Float, trips: Int64 = 100) -> ONNXGraph {
    let body = Built.graph(
      [
        Built.node("Add", ["carried", "x"], ["sum"]), Built.node("Less", ["sum", "bound"], ["again"]),
        Built.node("Identity", ["sum"], ["row"]),
      ],
      inputs: [Built.info("i", [], type: 7), Built.info("goes_on", [], type: 9), Built.info("carried", [])],
      outputs: [Built.info("again", [], type: 9), Built.info("sum", []), Built.info("row", [])])
    return Built.graph(
      [Built.node("Loop", ["trips", "", "x"], ["last", "rows"], [Built.graph("body", body)])],
      inputs: [Built.info("x", [])], outputs: [Built.info("last", []), Built.info("rows", [nil])],
      parameters: [Built.tensor("trips", [], int64: [trips]), Built.tensor("bound", [], [bound])])
  }

  static func outcome(_ body: () throws -> Void) -> InferenceError.Code? {
    do {
      try body()
      return nil
    } catch {
      return (error as? InferenceError)?.code
    }
  }

  @Test("A loop carries values, reads what lies around it, stops by its condition and stacks its rows")
  func loops() throws {
    let session = try DynamicSession(Built.model(Self.loop(bound: 10)))
    let outputs = try session.run(["x": #require(Tensor.floats([3], []))])
    #expect(outputs[0].tensor?.array(of: Float.self) == [12])
    #expect(outputs[1].tensor?.array(of: Float.self) == [6, 9, 12])
    #expect(outputs[1].tensor?.shape.dimensions == [3])
    let few = try DynamicSession(Built.model(Self.loop(bound: 100, trips: 2)))
    let one = try #require(Tensor.floats([1], []))
    #expect(try few.run(["x": one])[1].tensor?.array(of: Float.self) == [2, 3])
    let none = try DynamicSession(Built.model(Self.loop(bound: 100, trips: 0)))
    #expect(try none.run(["x": one])[1].tensor?.shape.dimensions == [0])
  }

  @Test("A loop without end is stopped by the limit on steps")
  func endless() throws {
    var limits = ModelLimits()
    limits.steps = 10_000
    let model = try Built.model(Self.loop(bound: .infinity, trips: .max), limits: limits)
    let session = try DynamicSession(model)
    let input = try #require(Tensor.floats([1], []))
    #expect(Self.outcome { _ = try session.run(["x": input]) } == .limitExceeded)
    // It can be run again.
    #expect(Self.outcome { _ = try session.run(["x": input]) } == .limitExceeded)
  }

  @Test("A sequence that grows without end is stopped by the limit on bytes")
  func growing() throws {
    let body = Built.graph(
      [
        Built.node("SequenceInsert", ["kept", "x"], ["longer"]), Built.node("Identity", ["goes_on"], ["again"]),
      ],
      inputs: [Built.info("i", [], type: 7), Built.info("goes_on", [], type: 9), Built.sequence("kept")],
      outputs: [Built.info("again", [], type: 9), Built.sequence("longer")])
    let graph = Built.graph(
      [
        Built.node("SequenceEmpty", [], ["nothing"]),
        Built.node("Loop", ["trips", "", "nothing"], ["all"], [Built.graph("body", body)]),
        Built.node("SequenceLength", ["all"], ["count"]),
      ], inputs: [Built.info("x", [100])], outputs: [Built.info("count", [], type: 7)],
      parameters: [Built.tensor("trips", [], int64: [200])])
    let input = try #require(Tensor.floats([Float](repeating: 1, count: 100), [100]))
    let session = try DynamicSession(Built.model(graph))
    #expect(try session.run(["x": input])[0].tensor?.array(of: Int64.self) == [200])
    var limits = ModelLimits()
    limits.totalBytes = 40_000
    let small = try DynamicSession(Built.model(graph, limits: limits))
    #expect(Self.outcome { _ = try small.run(["x": input]) } == .limitExceeded)
  }

  @Test("A shape that depends on data is found as the data comes; fixed ones run by a plan for each shape")
  func shapes() throws {
    let graph = Built.graph(
      [Built.node("Reshape", ["x", "s"], ["y"])], inputs: [Built.info("x", [nil]), Built.info("s", [nil], type: 7)],
      outputs: [Built.info("y", [nil, nil])])
    let session = try DynamicSession(Built.model(graph))
    let x = try #require(Tensor.floats([1, 2, 3, 4, 5, 6], [6]))
    for shape in [[2, 3], [3, 2], [6, 1]] as [[Int64]] {
      let outputs = try session.run(["x": x, "s": #require(Tensor.wholes(shape, [2]))])
      #expect(outputs[0].tensor?.shape.dimensions.map(Int64.init) == shape)
      #expect(session.lastPlanSteps == nil)
    }
    let wrong = try #require(Tensor.wholes([4, 4], [2]))
    #expect(Self.outcome { _ = try session.run(["x": x, "s": wrong]) } == .shapeMismatch)
    let fixed = try DynamicSession(
      Built.model(
        Built.graph(
          [Built.node("Relu", ["x"], ["y"])], inputs: [Built.info("x", [nil])], outputs: [Built.info("y", [nil])])))
    for count in 1...20 {
      let values = (0..<count).map { Float($0) - 3 }
      let outputs = try fixed.run(["x": #require(Tensor.floats(values, [count]))])
      #expect(outputs[0].tensor?.array(of: Float.self) == values.map { max(0, $0) })
      #expect(fixed.lastPlanSteps?.count == 1)
    }
    #expect(Self.outcome { _ = try fixed.run([:]) } == .missingInput)
    #expect(Self.outcome { _ = try fixed.run(["x": x, "z": x]) } == .missingInput)
    let texts = try #require(Tensor.texts(["a"], [1]))
    #expect(Self.outcome { _ = try fixed.run(["x": texts]) } == .shapeMismatch)
  }

  @Test("Scan reads backwards along any axis and stacks along any other")
  func scan() throws {
    let body = Built.graph(
      [Built.node("Add", ["state", "x"], ["next"]), Built.node("Identity", ["next"], ["row"])],
      inputs: [Built.info("state", [2]), Built.info("x", [2])],
      outputs: [Built.info("next", [2]), Built.info("row", [2])])
    let graph = Built.graph(
      [
        Built.node(
          "Scan", ["start", "xs"], ["last", "rows"],
          [
            Built.graph("body", body), Built.int("num_scan_inputs", 1), Built.ints("scan_input_axes", [1]),
            Built.ints("scan_input_directions", [1]), Built.ints("scan_output_axes", [-1]),
          ])
      ], inputs: [Built.info("start", [2]), Built.info("xs", [2, 3])],
      outputs: [Built.info("last", [2]), Built.info("rows", [2, 3])])
    let session = try DynamicSession(Built.model(graph))
    let outputs = try session.run([
      "start": #require(Tensor.floats([10, 20], [2])), "xs": #require(Tensor.floats([1, 2, 3, 4, 5, 6], [2, 3])),
    ])
    #expect(outputs[0].tensor?.array(of: Float.self) == [16, 35])
    #expect(outputs[1].tensor?.array(of: Float.self) == [13, 15, 16, 26, 31, 35])
    #expect(outputs[1].tensor?.shape.dimensions == [2, 3])
  }

  @Test("Texts move as numbers do, joined from several tables")
  func texts() throws {
    let graph = Built.graph(
      [
        Built.node("Concat", ["a", "b"], ["c"], [Built.int("axis", 0)]), Built.node("Transpose", ["c"], ["t"]),
        Built.node("Equal", ["t", "t"], ["same"]), Built.node("StringConcat", ["t", "t"], ["twice"]),
      ], inputs: [Built.info("a", [1, 2], type: 8), Built.info("b", [2, 2], type: 8)],
      outputs: [
        Built.info("t", [2, 3], type: 8), Built.info("same", [2, 3], type: 9), Built.info("twice", [], type: 8),
      ])
    let session = try DynamicSession(Built.model(graph))
    let outputs = try session.run([
      "a": #require(Tensor.texts(["é", "x"], [1, 2])), "b": #require(Tensor.texts(["b", "x", "", "a"], [2, 2])),
    ])
    #expect(outputs[0].tensor?.strings == ["é", "b", "", "x", "x", "a"])
    #expect(outputs[1].tensor?.array(of: UInt8.self) == [1, 1, 1, 1, 1, 1])
    #expect(outputs[2].tensor?.strings == ["éé", "bb", "", "xx", "xx", "aa"])
  }

  @Test("Half types are computed in float, the same by a plan, plain or fused, and node by node")
  func halves() throws {
    // The loop keeps the last of the three from being planned.
    let nodes = [Built.node("Exp", ["x"], ["e"]), Built.node("Add", ["e", "x"], ["y"])]
    let values: [Float] = [0, 0.5, -1, 3]
    for type in [10, 16] as [Int32] {
      let plain = Built.graph(
        nodes, inputs: [Built.info("x", [4], type: type)], outputs: [Built.info("y", [4], type: type)])
      let alone = Built.graph(
        nodes + [Built.node("SequenceConstruct", ["y"], ["s"])], inputs: [Built.info("x", [4], type: type)],
        outputs: [Built.info("y", [4], type: type), Built.sequence("s", type: type)])
      let codes = values.map { type == 16 ? UInt16($0.bitPattern >> 16) : UInt16(Float16($0).bitPattern) }
      let bytes = codes.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let shape = try #require(TensorShape([4]))
      let x = try #require(Tensor(bytes: bytes, elementType: type == 16 ? .bfloat16 : .float16, shape: shape))
      for (graph, optimisation) in [(plain, .reference), (plain, .fused), (alone, .fused)]
        as [(ONNXGraph, SessionOptions.Optimisation)]
      {
        var options = SessionOptions()
        options.optimisation = optimisation
        let session = try DynamicSession(Built.model(graph), options: options)
        let y = try #require(try session.run(["x": .tensor(x)])[0].tensor)
        #expect(y.elementType == x.elementType)
        for (found, value) in zip(y.doubles, values) {
          let expected = Double(exp(value) + value)
          #expect(abs(found - expected) <= abs(expected) * (type == 16 ? 0.01 : 0.001))
        }
      }
    }
  }

  @Test("Sequences take positions from either end, and refuse those outside")
  func sequences() throws {
    let graph = Built.graph(
      [
        Built.node("SplitToSequence", ["x", "parts"], ["s"]), Built.node("SequenceErase", ["s", "one"], ["e"]),
        Built.node("SequenceInsert", ["e", "x", "p"], ["i"]), Built.node("SequenceAt", ["i", "p"], ["y"]),
        Built.node("ConcatFromSequence", ["i"], ["z"], [Built.int("axis", 0)]),
      ], inputs: [Built.info("x", [6]), Built.info("p", [], type: 7)],
      outputs: [Built.info("y", [nil]), Built.info("z", [nil])],
      parameters: [Built.tensor("parts", [3], int64: [1, 2, 3]), Built.tensor("one", [], int64: [1])])
    let session = try DynamicSession(Built.model(graph))
    let x = try #require(Tensor.floats([1, 2, 3, 4, 5, 6], [6]))
    let outputs = try session.run(["x": x, "p": #require(Tensor.wholes([-1], []))])
    #expect(outputs[0].tensor?.array(of: Float.self) == [4, 5, 6])
    #expect(outputs[1].tensor?.array(of: Float.self) == [1, 1, 2, 3, 4, 5, 6, 4, 5, 6])
    for place in [3, -3, .max, .min] as [Int64] {
      let position = try #require(Tensor.wholes([place], []))
      #expect(Self.outcome { _ = try session.run(["x": x, "p": position]) } == .shapeMismatch)
    }
  }

  @Test("A branch that does not fit is no error before it is taken; an error outside every branch is one at once")
  func branches() throws {
    let x = try #require(Tensor.floats([1, 2, 3, 4, 5, 6], [2, 3]))
    func graph(_ before: [ONNXNode]) -> ONNXGraph {
      let square = Built.graph(
        [Built.node("MatMul", ["x", "x"], ["p"])], inputs: [], outputs: [Built.info("p", [2, 3])])
      let plain = Built.graph([Built.node("Neg", ["x"], ["n"])], inputs: [], outputs: [Built.info("n", [2, 3])])
      return Built.graph(
        before + [
          Built.node("If", ["c"], ["y"], [Built.graph("then_branch", square), Built.graph("else_branch", plain)])
        ], inputs: [Built.info("x", [nil, nil]), Built.info("c", [], type: 9)],
        outputs: [Built.info("y", [nil, nil])] + (before.isEmpty ? [] : [Built.info("z", [nil, nil])]))
    }
    func condition(_ value: UInt8) throws -> ModelValue {
      .tensor(try #require(Tensor(bytes: [value], elementType: .bool, shape: .scalar)))
    }
    let session = try DynamicSession(Built.model(graph([])))
    let no = try session.run(["x": x, "c": condition(0)])
    #expect(no[0].tensor?.array(of: Float.self) == [-1, -2, -3, -4, -5, -6])
    let reason = try #require(session.nodeByNodeReason)
    #expect(reason.contains("MatMul") && reason.contains("branch"), "\(reason)")
    #expect(Self.outcome { _ = try session.run(["x": x, "c": condition(1)]) } == .shapeMismatch)
    // Square, both fit, and there is a plan.
    let square = try #require(Tensor.floats([1, 2, 3, 4], [2, 2]))
    _ = try session.run(["x": square, "c": condition(1)])
    #expect(session.nodeByNodeReason == nil && session.lastPlanSteps != nil)

    let wrong = try DynamicSession(Built.model(graph([Built.node("MatMul", ["x", "x"], ["z"])])))
    #expect(Self.outcome { _ = try wrong.run(["x": x, "c": condition(0)]) } == .shapeMismatch)
    #expect(wrong.nodeByNodeReason == nil)
  }

  @Test("Node by node, constants are computed once, and heavy nodes run by plans of their own once their shapes return")
  func nodePlans() throws {
    let weights: [Float] = (0..<576).map { Float($0 % 13) / 13 - 0.5 }
    let graph = Built.graph(
      [
        Built.node("Mul", ["w", "half"], ["scaled"]), Built.node("Conv", ["x", "scaled"], ["c"]),
        Built.node("NonZero", ["c"], ["places"]), Built.node("Shape", ["places"], ["count"]),
      ], inputs: [Built.info("x", [1, 8, nil, nil])],
      outputs: [Built.info("c", [1, 8, nil, nil]), Built.info("count", [2], type: 7)],
      parameters: [Built.tensor("w", [8, 8, 3, 3], weights), Built.tensor("half", [], [0.5])])
    let model = try Built.model(graph)
    let interpreter = try Interpreter(model.graph, limits: .default)
    for (size, plans) in [(24, 0), (30, 0), (24, 1), (30, 2), (24, 2), (4, 2), (4, 2)] {
      let count = 8 * size * size
      let values: [Float] = (0..<count).map { Float($0 % 31) / 31 - 0.4 }
      let x = try #require(Tensor.floats(values, [1, 8, size, size]))
      let found = try #require(interpreter.run([x])[0].tensor).array(of: Float.self)
      let plain = try #require(Interpreter(model.graph, limits: .default).run([x])[0].tensor)
      #expect(zip(found, plain.array(of: Float.self)).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect(found.count == plain.shape.elementCount && interpreter.nodePlanCount == plans)
    }
    let session = try DynamicSession(model)
    let x = try #require(Tensor.floats([Float](repeating: 1, count: 8 * 9), [1, 8, 3, 3]))
    _ = try session.run(["x": x])
    #expect(session.nodeByNodeReason?.contains("NonZero") == true, "\(session.nodeByNodeReason ?? "")")
    #expect(ConstantFolding.run(model.graph, limits: .default).body.nodes.map(\.kind.rawValue).first == "Conv")
  }
}
