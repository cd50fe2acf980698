import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// A file that the quantiser wrote, and what ONNX Runtime computes with it: from tools/quantisation_goldens.py.
@Suite("Quantised files in ONNX Runtime", .timeLimit(.minutes(1))) struct WrittenModelTests {
  private static let folder = SharedData.packageRoot.appendingPathComponent(
    "Tests/InferenceTests/Quantization/Goldens/written")

  private static func model(_ name: String) throws -> Model {
    try Model.load(path: folder.appendingPathComponent("\(name).onnx").path)
  }

  private static func samples() throws -> [CalibrationSample] {
    let all = try NPYFile.read(path: folder.appendingPathComponent("x.npy").path)
    let shape = try #require(TensorShape([1] + all.shape.dimensions.dropFirst()))
    let values = all.array(of: Float.self)
    return (0..<all.shape[0]).compactMap { place in
      let own = Array(values[place * shape.elementCount..<(place + 1) * shape.elementCount])
      return Tensor(own, shape: shape).map { CalibrationSample(["x": $0]) }
    }
  }

  /// What a model gives for all samples, one after another.
  private static func results(_ model: Model) throws -> [Float] {
    let session = try InferenceSession(Plan(model))
    var results: [Float] = []
    for sample in try samples() {
      try session.write(sample)
      try session.run()
      try session.withOutput(0, as: Float.self) { output in
        for index in output.indices { results.append(output[index]) }
      }
    }
    return results
  }

  /// In decibels.
  private static func ratio(_ a: [Float], _ b: [Float]) -> Double {
    let noise = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return 10 * log10(a.reduce(0.0) { $0 + Double($1) * Double($1) } / max(noise, 1e-30))
  }

  @Test(
    "A quantised file gives here what it gives in ONNX Runtime, and so does its original", arguments: ["float", "int8"])
  func same(name: String) throws {
    let golden = try NPYFile.read(path: Self.folder.appendingPathComponent("\(name)-y.npy").path).array(of: Float.self)
    let found = try Self.results(Self.model(name))
    #expect(found.count == golden.count && found.count == 200)
    #expect(Self.ratio(golden, found) > 60)
  }

  @Test("Quantised anew with the same samples it is as near to its original as ONNX Runtime found the file to be")
  func again() throws {
    var settings = QuantisationSettings()
    settings.method = .minMax
    settings.sparesSensitiveLayers = false
    settings.sparesSlowLayers = false
    let quantizer = try ModelQuantizer(Self.model("float"), settings: settings)
    let made = try Model(bytes: quantizer.quantise(CalibrationSet(Self.samples())).bytes, name: "made")
    func golden(_ name: String) throws -> [Float] {
      try NPYFile.read(path: Self.folder.appendingPathComponent("\(name)-y.npy").path).array(of: Float.self)
    }
    let (own, theirs) = (
      try Self.ratio(golden("float"), Self.results(made)), try Self.ratio(golden("float"), golden("int8"))
    )
    #expect(abs(own - theirs) < 2 && own > 35, "\(own) \(theirs)")
  }
}
