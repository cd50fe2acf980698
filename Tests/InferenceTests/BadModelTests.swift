import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// Models that are broken or hostile end in an error, never in a trap.
@Suite struct BadModelTests {
  static func own(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Goldens.folder.appendingPathComponent("Models/\(name).onnx")))
  }

  /// Loads, plans and runs; gives the error's code, or nil where all went well.
  static func outcome(_ bytes: [UInt8], limits: ModelLimits = .default, run: Bool = false) -> InferenceError.Code? {
    do throws(InferenceError) {
      let model = try Model(bytes: bytes, name: "model", limits: limits)
      for optimisation in [SessionOptions.Optimisation.reference, .fused] {
        var options = SessionOptions()
        options.optimisation = optimisation
        let session = try InferenceSession(Plan(model, options: options))
        if run { try session.run() }
      }
      return nil
    } catch {
      return error.code
    }
  }

  /// Small limits, so that a flipped bit in a shape cannot make a test slow.
  static var small: ModelLimits {
    var limits = ModelLimits()
    limits.tensorBytes = 1 << 20
    limits.totalBytes = 1 << 22
    return limits
  }

  @Test("A file that is missing, a folder, empty or not ONNX is told apart")
  func notModels() throws {
    #expect { try Model.load(path: "/nonexistent/model.onnx") } throws: { ($0 as? InferenceError)?.code == .unreadable }
    #expect { try Model.load(path: "/") } throws: { ($0 as? InferenceError)?.code == .unreadable }
    #expect { try Model.load(path: "/dev/null") } throws: { ($0 as? InferenceError)?.code == .unreadable }
    #expect(Self.outcome([]) == .notAModel)
    #expect(Self.outcome(Array("RIFF this is no model at all".utf8)) == .notAModel)
    #expect(Self.outcome([UInt8](repeating: 0xff, count: 1000)) == .notAModel)
  }

  @Test("An error names the file")
  func location() throws {
    #expect { try Model.load(path: "/nonexistent/model.onnx") } throws: {
      ($0 as? InferenceError)?.description.contains("/nonexistent/model.onnx") ?? false
    }
  }

  @Test("A model cut off anywhere is refused", arguments: ["operators", "branch", "conv_u8s8"])
  func truncated(name: String) throws {
    let bytes = try Self.own(name)
    for length in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 400)) {
      let code = Self.outcome(Array(bytes[..<length]), limits: Self.small)
      #expect(code != nil, "the first \(length) bytes of \(name) load")
    }
    #expect(Self.outcome(Array(bytes[..<(bytes.count / 2)])) == .truncated)
  }

  @Test("Flipped bits never trap", arguments: ["operators", "branch", "lstm", "conv_u8s8", "old"])
  func flipped(name: String) throws {
    let bytes = try Self.own(name)
    let seed = UInt64.random(in: 1...UInt64.max)
    print("seed of flipped bits in \(name): \(seed)")
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<60 {
      var broken = bytes
      for _ in 0...next(3) { broken[next(broken.count)] ^= 1 << UInt8(next(8)) }
      _ = Self.outcome(broken, limits: Self.small, run: true)
    }
  }

  @Test("Each kind of broken graph is refused with its own code", arguments: BrokenGraph.all)
  func broken(graph: BrokenGraph) {
    #expect(Self.outcome(graph.bytes) == graph.code, "\(graph.name)")
  }

  @Test("Unusual models that are right run", arguments: BrokenGraph.unusual.map(\.name))
  func unusual(name: String) throws {
    let model = try #require(BrokenGraph.unusual.first { $0.name == name })
    #expect(Self.outcome(model.bytes, run: true) == nil)
  }

  @Test("A limit that is passed is said")
  func limits() throws {
    var limits = ModelLimits()
    limits.nodes = 3
    #expect(Self.outcome(try Self.own("conv"), limits: limits) == .limitExceeded)
    limits = ModelLimits()
    limits.tensorBytes = 100
    #expect(Self.outcome(try Self.own("conv"), limits: limits) == .limitExceeded)
  }

  @Test("Options that do not fit the model are refused")
  func options() throws {
    let model = try Model(bytes: try Self.own("dense"), name: "dense")
    var options = SessionOptions()
    options.inputShapes = ["nothing": [1]]
    #expect { try Plan(model, options: options) } throws: { ($0 as? InferenceError)?.code == .missingInput }
    options.inputShapes = ["x": [1, 41, 3]]
    #expect { try Plan(model, options: options) } throws: { ($0 as? InferenceError)?.code == .shapeMismatch }
    options.inputShapes = [:]
    options.threads = 0
    #expect { try Plan(model, options: options) } throws: { ($0 as? InferenceError)?.code == .invalidOption }
  }
}
