import BraidCore
import BraidONNXFormat
import BraidTestSupport
import Foundation
import SwiftProtobuf
import Testing

@testable import BraidInference

/// Models changed at random end in a result or an error: no trap, no read outside a buffer, no run without end.
///
/// Each case has a seed of its own, counted up from the printed one. `BRAID_TEST_SEED` repeats a run, and with
/// `BRAID_FUZZ_VERBOSE` set each case is named before it runs, so that the last line before a trap tells the case.
@Suite struct FuzzTests {
  static let isVerbose = ProcessInfo.processInfo.environment["BRAID_FUZZ_VERBOSE"] != nil
  /// How much longer than usual to run, for a search by hand.
  static let effort = ProcessInfo.processInfo.environment["BRAID_FUZZ_EFFORT"].flatMap(Int.init) ?? 1

  /// Runs `body` with a mutation for each case, for at most `cases` cases and `seconds`.
  static func cases(_ cases: Int, seconds: Double, _ name: String, _ body: (inout ModelMutation) throws -> Void)
    rethrows
  {
    var printed = SeededGenerator.printed(name)
    let seed = ProcessInfo.processInfo.environment["BRAID_TEST_SEED"].flatMap(UInt64.init) ?? printed.next() >> 32
    print("\(name): cases from seed \(seed)")
    let start = Date()
    for index in 0..<(cases * effort) where Date().timeIntervalSince(start) < seconds * Double(effort) {
      let own = seed &+ UInt64(index)
      if isVerbose { print("\(name): case \(own)") }
      var mutation = ModelMutation(generator: SeededGenerator(seed: own))
      try body(&mutation)
    }
  }

  static var small: ModelLimits {
    var limits = ModelLimits()
    limits.tensorBytes = 1 << 14
    limits.totalBytes = 1 << 17
    limits.steps = 500
    return limits
  }

  /// Imports, plans and runs; the outcome does not matter.
  static func attempt(
    _ bytes: [UInt8], _ inputs: [String: ModelValue]? = nil, limits: ModelLimits = small, runs: Bool = true
  ) {
    guard let model = try? Model(bytes: bytes, name: "fuzz", limits: limits) else { return }
    for optimisation in [SessionOptions.Optimisation.reference, .fused] {
      var options = SessionOptions()
      options.optimisation = optimisation
      do throws(InferenceError) {
        let session = try InferenceSession(Plan(model, options: options))
        if runs { try session.run() }
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
    guard runs else { return }
    var values: [ModelValue] = []
    for info in model.inputs {
      if let value = inputs?[info.name] {
        values.append(value)
      } else if let type = try? PlanBuilder.type(of: info, SessionOptions(), limits),
        let tensor = try? Tensor(zeros: type)
      {
        values.append(.tensor(tensor))
      } else {
        values.append(.optional(nil))
      }
    }
    _ = try? Interpreter(model.graph, limits: limits).run(values)
  }

  static let operators =
    OperatorRegistry.names + [
      "If", "Loop", "Scan", "SequenceInsert", "SequenceAt", "SplitToSequence", "ConcatFromSequence", "Optional",
      "OptionalGetElement", "StringConcat", "StringSplit", "RegexFullMatch", "SequenceMap", "Dropout", "Constant",
    ]

  /// A model to change, with inputs that it takes.
  struct Seed {
    let name: String
    let model: ONNXModel
    var inputs: [String: ModelValue] = [:]

    init(_ name: String, _ bytes: [UInt8]) throws {
      self.name = name
      model = try ONNXModel(serializedBytes: bytes)
    }
  }

  /// The project's own models that are small enough to be changed thousands of times, and the cases in the standard's
  /// layout in the folder that `BRAID_FUZZ_CASES` names.
  static func seeds(below size: Int) throws -> [Seed] {
    var seeds: [Seed] = []
    let own = Goldens.folder.appendingPathComponent("Models")
    for file in try FileManager.default.contentsOfDirectory(at: own, includingPropertiesForKeys: nil)
    where file.pathExtension == "onnx" {
      let bytes = [UInt8](try Data(contentsOf: file))
      if bytes.count < size { seeds.append(try Seed(file.lastPathComponent, bytes)) }
    }
    seeds.append(try Seed("loop", BuiltModel.bytes(DynamicSessionTests.loop(bound: 10))))
    if let folder = ProcessInfo.processInfo.environment["BRAID_FUZZ_CASES"] {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)/model.onnx"), data.count < size,
          let model = try? Model(bytes: [UInt8](data), name: name)
        else { continue }
        var seed = try Seed(name, [UInt8](data))
        for (index, info) in model.inputs.enumerated() {
          let path = "\(folder)/\(name)/test_data_set_0/input_\(index).pb"
          seed.inputs[info.name] = try? ModelValue.load(path: path, declared: info)
        }
        seeds.append(seed)
      }
    }
    return seeds.sorted { $0.name < $1.name }
  }

  @Test("Models of one operator with any operands and attributes", .timeLimit(.minutes(2)))
  func operators() throws {
    try Self.cases(6000, seconds: 6, "operators") { mutation in
      let kind = Self.operators[mutation.place(Self.operators.count)]
      if Self.isVerbose { print(kind) }
      let (graph, inputs) = mutation.model(of: kind)
      let version = Int64([7, 9, 11, 13, 18, 26][mutation.place(6)])
      Self.attempt(try BuiltModel.bytes(graph, version: version), inputs)
    }
  }

  @Test("Models with changed names, dimensions, attributes and wiring", .timeLimit(.minutes(2)))
  func messages() throws {
    let seeds = try Self.seeds(below: 100_000)
    var limits = Self.small
    limits.tensorBytes = 1 << 18
    limits.totalBytes = 1 << 21
    try Self.cases(600, seconds: 6, "messages") { mutation in
      let seed = seeds[mutation.place(seeds.count)]
      if Self.isVerbose { print(seed.name) }
      var model = seed.model
      if mutation.chance(3) {
        mutation.change(&model.graph, operators: Self.operators)
      } else {
        for _ in 0..<mutation.place(3) { mutation.changeAttribute(&model.graph) }
      }
      let inputs = seed.inputs.mapValues { mutation.chance(2) ? mutation.changed($0) : $0 }
      Self.attempt(try model.serializedBytes(), inputs, limits: limits)
    }
  }

  @Test("Real models with flipped bits, cut short or with changed messages", .timeLimit(.minutes(2)))
  func real() throws {
    var files = [SharedData.packageRoot.appendingPathComponent("samples/models")]
    if SharedData.isPresent { files.append(URL(fileURLWithPath: SharedData.model("x")).deletingLastPathComponent()) }
    var seeds: [[UInt8]] = []
    for folder in files {
      guard let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else { continue }
      for case let file as URL in walk where file.pathExtension == "onnx" {
        let bytes = [UInt8](try Data(contentsOf: file))
        if bytes.count < 400_000 { seeds.append(bytes) }
      }
    }
    #expect(!seeds.isEmpty)
    try Self.cases(60, seconds: 4, "real") { mutation in
      var bytes = seeds[mutation.place(seeds.count)]
      switch mutation.place(3) {
      case 0: bytes = Array(bytes[..<mutation.place(bytes.count)])
      case 1: for _ in 0...mutation.place(6) { bytes[mutation.place(bytes.count)] ^= 1 << UInt8(mutation.place(8)) }
      default:
        var model = try ONNXModel(serializedBytes: bytes)
        for _ in 0...mutation.place(3) { mutation.change(&model.graph, operators: Self.operators) }
        bytes = try model.serializedBytes()
      }
      var limits = Self.small
      limits.tensorBytes = 1 << 22
      limits.totalBytes = 1 << 24
      Self.attempt(bytes, limits: limits, runs: false)
    }
  }
}
