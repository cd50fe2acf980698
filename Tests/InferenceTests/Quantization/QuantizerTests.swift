import BraidONNXFormat
import BraidTestSupport
import Testing

@testable import BraidInference

/// Quantisation of whole models.
@Suite("Quantising models", .timeLimit(.minutes(1))) struct QuantizerTests {
  private static func quantised(
    _ model: Model, _ settings: QuantisationSettings = QuantisationSettings(), samples: Int = 24
  ) throws -> (model: Model, report: QuantisationReport) {
    let set = try CalibrationSet(try RandomNetwork.samples(samples, seed: 3))
    let made = try ModelQuantizer(model, settings: settings).quantise(set)
    return (try Model(bytes: made.bytes, name: "int8"), try #require(made.report))
  }

  @Test(
    "A network in bytes says nearly what it said, in plain and in fused form alike", arguments: [1, 2, 3] as [UInt64])
  func agreement(seed: UInt64) throws {
    let model = try RandomNetwork.picture(seed: seed)
    var settings = QuantisationSettings()
    settings.sparesSlowLayers = false
    let (made, report) = try Self.quantised(model, settings)
    #expect(Int(made.metadata["opset"] ?? "") ?? 0 >= 13)
    #expect(made.inputs == model.inputs && made.outputs.map(\.name) == model.outputs.map(\.name))
    #expect(report.heldOut.cosine > 0.999, "\(report.heldOut.outputs)")
    let held = try CalibrationSet(try RandomNetwork.samples(24, seed: 3)).heldOut
    #expect(report.heldOut.samples == held.count && held.count == 2)
    // The meaning of the file, node by node, is what its fused form computes but for roundings.
    var plain = SessionOptions()
    plain.optimisation = .reference
    let (a, b) = (try InferenceSession(Plan(made, options: plain)), try InferenceSession(Plan(made)))
    for sample in held {
      try a.write(sample)
      try b.write(sample)
      try a.run()
      try b.run()
      let (x, y) = (try a.tensor(output: 1).array(of: Float.self), try b.tensor(output: 1).array(of: Float.self))
      let most = x.map { abs($0) }.max() ?? 0
      #expect(zip(x, y).allSatisfy { abs($0 - $1) <= most * 0.05 }, "\(x) \(y)")
    }
  }

  @Test("Every convolution runs on bytes from one to the next: nothing between them is real")
  func placement() throws {
    var settings = QuantisationSettings()
    settings.method = .minMax
    settings.sparesSensitiveLayers = false
    settings.sparesSlowLayers = false
    let (made, report) = try Self.quantised(RandomNetwork.picture(seed: 1), settings)
    #expect(report.layers.count == 6 && report.layers.allSatisfy { $0.kept == nil })
    let convolutions = try Plan(made).stepInfo.filter { $0.operation.contains("Conv") }
    #expect(convolutions.count == 5)
    for step in convolutions {
      #expect(step.inputs.first?.elementType == "uint8", "\(step)")
    }
    // The last one leads to a mean whose steps would be too coarse, so it may be real; the others are not.
    #expect(convolutions.filter { $0.outputs.first?.elementType == "uint8" }.count >= 4)
    let weights = made.graph.values.compactMap(\.tensor).filter { $0.elementType == .int8 && $0.shape.rank > 1 }
    #expect(weights.count == 6)
  }

  @Test("A node that is to stay stays, and a wrong name is told with what was meant")
  func kept() throws {
    let model = try RandomNetwork.picture(seed: 1)
    var settings = QuantisationSettings()
    settings.keptNodes = ["c3"]
    settings.sparesSensitiveLayers = false
    settings.sparesSlowLayers = false
    let (made, report) = try Self.quantised(model, settings)
    #expect(report.layers.filter { $0.kept == .asked }.map(\.name) == ["c3"])
    let real = try Plan(made).stepInfo.filter {
      $0.operation.contains("Conv") && $0.inputs.first?.elementType == "float32"
    }
    #expect(real.count == 1)
    settings.keptNodes = ["c33"]
    let error = try #require(throws: InferenceError.self) { try ModelQuantizer(model, settings: settings) }
    #expect(error.location == "--keep" && error.remedy.contains("c3"))
  }

  @Test("Where results are read twice nothing is equalised")
  func branches() throws {
    let prepared = try PreparedModel(RandomNetwork.picture(seed: 5), options: SessionOptions())
    #expect(try WeightEqualisation.run(prepared.graph, QuantisableLayer.all(prepared))?.body.nodes.count == nil)
  }

  @Test("A chain of convolutions is equalised: the function stays, and ranges of weights come closer")
  func chain() throws {
    var random = SeededGenerator.printed()
    let pads = BuiltModel.ints("pads", [1, 1, 1, 1])
    var uneven: [Float] = []
    for place in 0..<8 * 27 {
      let factor: Float = place / 27 % 2 == 0 ? 0.01 : 10
      uneven.append(Float.random(in: -1...1, using: &random) * factor)
    }
    let graph = BuiltModel.graph(
      [
        BuiltModel.node("Conv", ["x", "a", "ab"], ["c"], [pads]), BuiltModel.node("Relu", ["c"], ["r"]),
        BuiltModel.node("Conv", ["r", "d"], ["e"], [pads, BuiltModel.int("group", 8)]),
        BuiltModel.node("LeakyRelu", ["e"], ["l"]), BuiltModel.node("Conv", ["l", "f"], ["y"]),
      ], inputs: [BuiltModel.info("x", [1, 3, 12, 12])], outputs: [BuiltModel.info("y", [1, 4, 12, 12])],
      parameters: [
        BuiltModel.tensor("a", [8, 3, 3, 3], uneven), RandomNetwork.tensor("ab", [8], &random),
        RandomNetwork.tensor("d", [8, 1, 3, 3], &random), RandomNetwork.tensor("f", [4, 8, 1, 1], &random),
      ])
    let prepared = try PreparedModel(BuiltModel.model(graph), options: SessionOptions())
    let layers = try QuantisableLayer.all(prepared)
    let equalised = try #require(try WeightEqualisation.run(prepared.graph, layers))
    let samples = try RandomNetwork.samples(3, seed: 4)
    let reader = ActivationReader(prepared)
    let before = try reader.outputs(of: prepared.graph, on: samples)
    let after = try reader.outputs(of: equalised, on: samples)
    let agreement = ModelAgreement(names: ["y"], before, after)
    #expect(agreement.signalToNoise > 90)
    func spread(_ graph: Graph) throws -> Float {
      let tensor = try #require(graph[layers[0].weights].tensor)
      let values: [Float] = tensor.array(of: Float.self)
      var most: [Float] = []
      for channel in 0..<8 {
        let own: [Float] = values[channel * 27..<(channel + 1) * 27].map { abs($0) }
        most.append(own.max() ?? 0)
      }
      return (most.max() ?? 0) / (most.min() ?? 1)
    }
    let (now, then) = (try spread(equalised), try spread(prepared.graph))
    #expect(now < then / 5)
  }

  @Test("Bias correction takes the mean error of stored weights away")
  func bias() throws {
    let prepared = try PreparedModel(RandomNetwork.picture(seed: 2), options: SessionOptions())
    let layer = try #require(try QuantisableLayer.all(prepared).first)
    let weights = try #require(prepared.graph[layer.weights].tensor)
    // Few levels, so that there is an error.
    let stored = try StoredWeights(weights, axis: 0, limit: 7, inputScale: 1, bias: nil)
    let means = [0.3, -0.2, 0.9]
    let found = try #require(
      try BiasCorrection.correction(layer, in: prepared.graph, stored: stored, means: means))
    let (real, levels) = (weights.array(of: Float.self), stored.real)
    for filter in 0..<8 {
      var wanted = 0.0
      for channel in 0..<3 {
        for tap in 0..<9 {
          let place = (filter * 3 + channel) * 9 + tap
          wanted += Double(real[place] - levels[place]) * means[channel]
        }
      }
      #expect(abs(Double(found[filter]) - wanted) < 1e-4)
    }
  }

  @Test(
    "Smaller files without samples: weights, products found at run time, half precision", arguments: WeightMode.allCases
  )
  func rewriting(mode: WeightMode) throws {
    let model = try RandomNetwork.picture(seed: 1)
    let made = try ModelQuantizer(model).rewrite(mode)
    let other = try Model(bytes: made.bytes, name: mode.rawValue)
    let agreement = ModelAgreement(
      try ModelAnswers(model, other, options: SessionOptions(), on: RandomNetwork.samples(4, seed: 8)))
    #expect(agreement.cosine > (mode == .float16 ? 0.999_999 : 0.999), "\(agreement.outputs)")
    switch mode {
    case .dynamic: #expect(other.operatorCounts["MatMulInteger"] == 1 && other.operatorCounts["Conv"] == 5)
    case .weights: #expect(other.operatorCounts["DequantizeLinear"] == 6)
    case .float16: #expect(other.operatorCounts["Cast"] ?? 0 >= 6)
    }
  }

  @Test("A product that is multiplied by a number stays as it is when products are found at run time")
  func scaledProducts() throws {
    var random = SeededGenerator(seed: 7)
    let gemm = { (input: String, weights: String, output: String, scale: Float) in
      BuiltModel.node(
        "Gemm", [input, weights], [output], [BuiltModel.float("alpha", scale), BuiltModel.int("transB", 1)])
    }
    let parameters = ["a", "b"].map { RandomNetwork.tensor($0, [12, 12], &random) }
    func model(_ nodes: [ONNXNode]) throws -> Model {
      try BuiltModel.model(
        BuiltModel.graph(
          nodes, inputs: [BuiltModel.info("x", [4, 12])], outputs: [BuiltModel.info("y", [4, 12])],
          parameters: parameters))
    }
    let both = try model([gemm("x", "a", "h", 1), gemm("h", "b", "y", 0.5)])
    let made = try Model(bytes: ModelQuantizer(both).rewrite(.dynamic).bytes, name: "dynamic")
    #expect(made.operatorCounts["MatMulInteger"] == 1 && made.operatorCounts["Gemm"] == 1)
    let agreement = ModelAgreement(
      try ModelAnswers(
        both, made, options: SessionOptions(), on: RandomNetwork.samples(3, seed: 2, shape: [4, 12])))
    #expect(agreement.cosine > 0.999 && agreement.identity > 0.999, "\(agreement.outputs)")
    let scaled = try model([gemm("x", "a", "h", 2), gemm("h", "b", "y", 0.5)])
    let error = try #require(throws: InferenceError.self) { try ModelQuantizer(scaled).rewrite(.dynamic) }
    #expect(error.code == .invalidOption && error.remedy.contains("static"))
  }

  @Test("Length counts in the coefficient of identity, and what is not finite is like nothing")
  func numbers() throws {
    let shape = try #require(TensorShape([2]))
    func compare(_ a: [Float], _ b: [Float]) throws -> ModelAgreement {
      ModelAgreement(
        names: ["y"], [[try #require(Tensor(a, shape: shape))]], [[try #require(Tensor(b, shape: shape))]])
    }
    let double = try compare([1, 2], [2, 4])
    #expect(abs(double.cosine - 1) < 1e-9 && abs(double.identity - 0.8) < 1e-9 && abs(double.signalToNoise) < 1e-9)
    let same = try compare([1, -2], [1, -2])
    #expect(same.identity == 1 && same.signalToNoise == 120)
    for wrong in [Float.nan, .infinity, -.infinity] {
      for (a, b) in [([1, wrong], [1, 2]), ([1, 2], [1, wrong]), ([1, wrong], [1, wrong])] as [([Float], [Float])] {
        let found = try compare(a, b)
        #expect(found.cosine == 0 && found.identity == 0 && found.signalToNoise == -120, "\(a) \(b)")
      }
    }
    #expect(try compare([0, 0], [0, 1]).outputs.isEmpty)
  }

  @Test("Silence, one picture again and again, too few samples and samples of other shapes are told apart")
  func badSamples() throws {
    func message(_ samples: [CalibrationSample]) -> String {
      do {
        _ = try CalibrationSet(samples)
        return ""
      } catch { return error.message }
    }
    let good = try RandomNetwork.samples(12, seed: 1)
    let shape = try #require(TensorShape([1, 3, 12, 12]))
    let silent = try #require(Tensor([Float](repeating: 0, count: 432), shape: shape))
    #expect(message(good).isEmpty)
    #expect(message(Array(good.prefix(3))).contains("3 samples"))
    #expect(message(Array(repeating: good[0], count: 20)).contains("only 1 of 20 samples differ"))
    #expect(message(Array(repeating: CalibrationSample(["x": silent]), count: 20)).contains("silence"))
    let small = try RandomNetwork.samples(1, seed: 2, shape: [1, 3, 6, 6])
    #expect(message(good + small).contains("differ in shape"))
  }

  @Test("A quantised model, and one with nothing to quantise, are refused with a remedy")
  func refused() throws {
    let (made, _) = try Self.quantised(RandomNetwork.picture(seed: 1))
    let again = try #require(throws: InferenceError.self) { try ModelQuantizer(made) }
    #expect(again.message.contains("already"))
    let plain = try BuiltModel.model(
      BuiltModel.graph(
        [BuiltModel.node("Relu", ["x"], ["y"])], inputs: [BuiltModel.info("x", [2])],
        outputs: [BuiltModel.info("y", [2])]))
    let nothing = try #require(throws: InferenceError.self) { try ModelQuantizer(plain) }
    #expect(nothing.message.contains("nothing to quantise"))
  }
}
