import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// What a session keeps, refuses and reports.
@Suite struct SessionTests {
  static func model(_ name: String) throws -> Model {
    try Model.load(path: Goldens.folder.appendingPathComponent("Models/\(name).onnx").path)
  }

  @Test("A model tells its inputs, outputs, operators, metadata and digest")
  func facts() throws {
    let model = try Self.model("dense")
    #expect(model.name == "dense")
    #expect(model.inputs.map(\.name) == ["x"])
    #expect(model.inputs[0].dimensions == [.symbolic("frames"), .fixed(40), .fixed(3)])
    #expect(model.outputs.map(\.name) == ["y"])
    #expect(model.operatorCounts["Gemm"] == 2)
    #expect(model.metadata["producer"] == "braid tests")
    #expect(model.metadata["opset"] == "15")
    #expect(model.sha256.count == 64)
  }

  @Test("The digest is SHA-256's")
  func digest() throws {
    // The same bytes give the digest that sha256sum gives; a padding block is added at 55, 56 and 64 bytes.
    let bytes = try Data(contentsOf: Goldens.folder.appendingPathComponent("Models/branch.onnx"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [Goldens.folder.appendingPathComponent("Models/branch.onnx").path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(try Model(bytes: [UInt8](bytes), name: "branch").sha256 == text.prefix(64))
  }

  @Test("A symbolic dimension takes the size that the options give, and 1 otherwise")
  func symbolic() throws {
    let model = try Self.model("dense")
    var options = SessionOptions()
    #expect(try Plan(model, options: options).outputs[0].shape?.dimensions == [1, 3])
    options.symbolicDimensions = ["frames": 5]
    let wide = try InferenceSession(Plan(model, options: options))
    #expect(wide.outputs[0].shape?.dimensions == [5, 3])
    // Five rows at once are five rows one by one.
    let single = try InferenceSession(Plan(model))
    let values = (0..<600).map { Float(($0 * 37) % 101) / 50 - 1 }
    try wide.write(values.span, toInput: 0)
    try wide.run()
    let all = try wide.values(0)
    for row in 0..<5 {
      try single.write(Array(values[(row * 120)..<((row + 1) * 120)]).span, toInput: 0)
      try single.run()
      for (a, b) in zip(try single.values(0), all[(row * 3)...]) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test("A bound output is the next run's input, and starts from zero again after a reset")
  func state() throws {
    let plan = try Plan(try Self.model("lstm"))
    let (carried, manual) = (try InferenceSession(plan), try InferenceSession(plan))
    try carried.bindState(output: "next", toInput: "state")
    let x = (0..<30).map { Float($0 % 7) / 4 - 0.5 }
    let (index, next) = (try #require(manual.inputIndex("state")), try #require(manual.outputIndex("next")))
    var state = [Float](repeating: 0, count: 32)
    var first: [Double] = []
    for step in 0..<4 {
      for session in [carried, manual] { try session.write(x.span, toInput: 0) }
      try manual.write(state.span, toInput: index)
      try carried.run()
      try manual.run()
      #expect(try carried.values(0) == manual.values(0))
      state = try manual.values(next).map { Float($0) }
      if step == 0 { first = try carried.values(0) }
    }
    #expect(try carried.values(0) != first)
    carried.resetState()
    try carried.run()
    #expect(try carried.values(0) == first)
  }

  @Test("States that do not fit are refused")
  func wrongState() throws {
    let session = try InferenceSession(Plan(try Self.model("lstm")))
    #expect { try session.bindState(output: "y", toInput: "state") } throws: {
      ($0 as? InferenceError)?.code == .shapeMismatch
    }
    #expect { try session.bindState(output: "none", toInput: "state") } throws: {
      ($0 as? InferenceError)?.code == .missingInput
    }
  }

  @Test("Inputs are typed, and a wrong type or index is refused")
  func typed() throws {
    let session = try InferenceSession(Plan(try Self.model("dense")))
    #expect { try session.withInput(0, as: Int8.self) { _ in } } throws: {
      ($0 as? InferenceError)?.code == .shapeMismatch
    }
    #expect { try session.withInput(1, as: Float.self) { _ in } } throws: {
      ($0 as? InferenceError)?.code == .missingInput
    }
    #expect { try session.write([1, 2, 3].span, toInput: 0) } throws: {
      ($0 as? InferenceError)?.code == .shapeMismatch
    }
  }

  @Test("Two sessions of one plan do not disturb each other, on threads of their own")
  func shared() throws {
    let plan = try Plan(try Self.model("conv_u8s8"))
    let golden = try #require(Goldens.cases(own: true).first { $0.model == "conv_u8s8" })
    let expected = try InferenceSession(plan)
    try expected.fill(golden)
    try expected.run()
    let values = try expected.values(1)
    let threads = (0..<3).map { number in
      DedicatedThread(name: "session-\(number)") {
        do {
          let session = try InferenceSession(plan)
          try session.fill(golden)
          for _ in 0..<5 {
            try session.run()
            #expect(try session.values(1) == values)
          }
        } catch {
          Issue.record(error)
        }
      }
    }
    for thread in threads { thread.join() }
  }

  @Test("A quantised picture network runs in whole numbers from end to end")
  func endToEnd() throws {
    let golden = try #require(Goldens.cases(own: true).first { $0.model == "conv_u8s8_reduced" })
    let plan = try GoldenTests.session(golden, .fused).plan
    #expect(plan.stepDescriptions.filter { $0.hasSuffix(" Conv") }.count == 5)
    #expect(!plan.stepDescriptions.contains { $0.hasPrefix("reference") })
    // Up to the gate, which is computed in real numbers, nothing is unpacked.
    #expect(!plan.stepDescriptions.prefix(7).contains("oneDNN DequantizeLinear"))
  }

  @Test("A float picture network has its activations, sums and normalisations inside its convolutions")
  func fused() throws {
    let steps = try Plan(try Self.model("conv")).stepDescriptions
    #expect(steps.filter { $0 == "oneDNN Conv" }.count == 5)
    #expect(!steps.contains { $0.hasSuffix("BatchNormalization") || $0.hasSuffix("Clip") || $0.hasSuffix("Relu") })
    #expect(!steps.contains("oneDNN Add"))
    #expect(!steps.contains { $0.hasPrefix("reference") })
  }

  @Test("Real numbers are quantised on the way in as QuantizeLinear does it", arguments: ["mlc_vww96_int8"])
  func quantisedInput(name: String) throws {
    guard SharedData.isPresent else { return }
    let session = try InferenceSession(Plan(try Model.load(path: SharedData.model("\(name).onnx"))))
    let quantization = try #require(session.inputs[0].quantization)
    let values = (0..<session.inputs[0].elementCount).map { Float($0 % 5000) * quantization.scale / 8 - 1 }
    try session.write(values.span, toInput: 0)
    try session.withInput(0, as: Int8.self) { stored in
      for (index, value) in values.enumerated() {
        let level = (value / quantization.scale).rounded(.toNearestOrEven) + Float(quantization.zeroPoint)
        #expect(stored[index] == Int8(max(-128, min(127, level))))
      }
    }
    try session.write([Float](repeating: .nan, count: values.count).span, toInput: 0)
    try session.withInput(0, as: Int8.self) { #expect(Int32($0[0]) == quantization.zeroPoint) }
  }

  @Test("The libraries tell what they are")
  func libraries() {
    let libraries = InferenceLibraries.current
    #expect(libraries.oneDNNVersion.split(separator: ".").count == 3)
    #expect(!libraries.instructionSet.isEmpty)
    #expect(["amx", "avx512_vnni", "avx512", "avx2_vnni", "avx2", "generic"].contains(libraries.int8Path))
    #expect(libraries.openBLASConfiguration.contains("OpenBLAS"))
  }
}

/// Real models over many runs.
@Suite struct StreamTests {
  @Test("Carried state over a stream gives the same decisions fused as plain", .enabled(if: SharedData.isPresent))
  func stream() throws {
    var options = SessionOptions()
    options.constantInputs = ["sr": 16_000]
    options.inputShapes = ["input": [1, 576], "state": [2, 1, 128]]
    let model = try Model.load(path: SharedData.model("silero_vad_16k_op15.onnx"))
    var sessions: [InferenceSession] = []
    for optimisation in [SessionOptions.Optimisation.reference, .fused] {
      options.optimisation = optimisation
      let session = try InferenceSession(Plan(model, options: options))
      try session.bindState(output: "stateN", toInput: "state")
      sessions.append(session)
    }
    var all: [Double] = []
    for window in 0..<60 {
      // Bursts of a buzz at 120 Hz with harmonics, between silences.
      let loud: Float = window % 30 < 15 ? 0.3 : 0.001
      let samples = (0..<576).map { index -> Float in
        let phase = Float((window * 512 + index) * 120 % 16_000) / 16_000
        return loud * (2 * phase - 1) * sin(Float(window * 512 + index) / 900)
      }
      var probabilities: [Double] = []
      for session in sessions {
        let (input, output) = (try #require(session.inputIndex("input")), try #require(session.outputIndex("output")))
        try session.write(samples.span, toInput: input)
        try session.run()
        probabilities.append(try session.values(output)[0])
      }
      #expect(abs(probabilities[0] - probabilities[1]) < 1e-4, "window \(window)")
      #expect((probabilities[0] > 0.5) == (probabilities[1] > 0.5))
      all.append(probabilities[0])
    }
    // The state matters: the answers are not all the same.
    #expect((all.max() ?? 0) - (all.min() ?? 0) > 0.01)
  }
}
