import BraidTestSupport
import Testing

@testable import BraidInference

/// What ways of quantising are chosen by.
@Suite("Choosing among ways to quantise", .timeLimit(.minutes(1))) struct ChoiceTests {
  /// A score with an agreement of `share` over `count` answers and so many decibels.
  private static func score(_ share: Double?, _ count: Int, _ decibels: Double) throws -> QuantisationScore {
    // A reference of ones, and noise of the power that the ratio asks for.
    let shape = try #require(TensorShape([4]))
    let step = Float(Double.pow10(-decibels / 20))
    let reference = try #require(Tensor([Float](repeating: 1, count: 4), shape: shape))
    let other = try #require(Tensor([1 + step, 1 - step, 1 + step, 1 - step], shape: shape))
    return QuantisationScore(
      ModelAgreement(names: ["y"], [[reference]], [[other]]),
      share.map { AgreementMeasure.Value(share: $0, count: count) })
  }

  @Test("By chance shares differ by a binomial distribution's standard deviation, two answers of either kind added")
  func chance() {
    func chance(_ a: Double, _ b: Double, _ count: Int) -> Double {
      AgreementMeasure.Value(share: a, count: count).chance(AgreementMeasure.Value(share: b, count: count * 2))
    }
    // Agresti and Coull's interval for a quantile of 2, half its width over 2, worked out in Python.
    #expect(abs(chance(0.5, 0.5, 100) - 0.049029) < 1e-6)
    #expect(abs(chance(0.98, 0.96, 64) - 0.028264) < 1e-6)
    #expect(abs(chance(1, 1, 10) - 0.093522) < 1e-6)
  }

  @Test("Answers decide where they differ by more than chance explains, noise where not")
  func order() throws {
    let (often, seldom) = (try Self.score(0.95, 200, 20), try Self.score(0.85, 200, 40))
    #expect(often.isBetter(than: seldom, by: 0.2) && !seldom.isBetter(than: often, by: 0.2))
    let (few, fewer) = (try Self.score(0.95, 20, 20), try Self.score(0.9, 20, 40))
    #expect(fewer.isBetter(than: few, by: 0.2) && !few.isBetter(than: fewer, by: 0.2))
    let (plain, better) = (try Self.score(nil, 0, 20), try Self.score(nil, 0, 20.3))
    #expect(better.isBetter(than: plain, by: 0.2) && !better.isBetter(than: plain, by: 0.5))
    #expect(QuantisationScore.best([seldom, often, try Self.score(0.94, 200, 30)]) == 2)
    #expect(QuantisationScore.best([plain, better]) == 1 && QuantisationScore.best([]) == nil)
  }

  @Test("The way is taken whose answers agree most often, were it the one with the most noise")
  func meaning() throws {
    let model = try RandomNetwork.picture(seed: 1)
    let set = try CalibrationSet(try RandomNetwork.samples(40, seed: 3))
    var settings = QuantisationSettings()
    settings.sparesSlowLayers = false
    var quantizer = try ModelQuantizer(model, settings: settings)
    func attempts() throws -> (QuantisationReport, [QuantisationReport.Attempt]) {
      let report = try #require(try quantizer.quantise(set).report)
      return (report, report.attempts.filter { !$0.name.contains("range") && !$0.name.contains("floating") })
    }
    // Without a measure the class that comes first is the answer: five probabilities of each sample.
    #expect(try attempts().1.allSatisfy { $0.agreement.map { (0...1).contains($0) } ?? false })
    // A measure that likes noise: the worst of the plain methods wins.
    quantizer.measure = AgreementMeasure { reference, other in
      let noise = zip(reference, other).reduce(0.0) { sum, pair in
        sum + zip(pair.0[0].doubles, pair.1[0].doubles).reduce(0) { $0 + abs($1.0 - $1.1) }
      }
      return AgreementMeasure.Value(share: min(1, noise / Double(reference.count)), count: 1_000_000)
    }
    let (report, tried) = try attempts()
    let best = try #require(tried.max { ($0.agreement ?? 0) < ($1.agreement ?? 0) })
    #expect(best.name.hasPrefix(report.method?.rawValue ?? "-") && best.agreement ?? 0 > 0)
    #expect(report.taken.map { report.attempts[$0].name } == best.name)
    #expect(best.signalToNoise < (tried.map(\.signalToNoise).max() ?? 0) - 1)
  }

  @Test("Samples are divided into two halves and a held-out part, blocks of neighbours by turns")
  func parts() throws {
    let samples = try RandomNetwork.samples(200, seed: 9)
    let set = try CalibrationSet(samples)
    func places(_ part: [CalibrationSample]) -> [Int] {
      part.compactMap { one in samples.firstIndex { $0.inputs["x"]?.bytes == one.inputs["x"]?.bytes } }
    }
    let (known, held) = (places(set.known), places(set.heldOut))
    // Twenty blocks of ten; the tenth and the twentieth are held out.
    #expect(held == Array(90..<100) + Array(190..<200))
    #expect(known == (0..<200).filter { !held.contains($0) })
    let halves = set.halves.map(places)
    #expect(Set(halves[0]).isDisjoint(with: halves[1]) && Set(halves[0] + halves[1]) == Set(known))
    #expect(halves[0].prefix(10) == Array(0..<10)[...] && halves[1].prefix(10) == Array(10..<20)[...])
    let small = try CalibrationSet(Array(samples.prefix(4)))
    #expect(small.known.count == 3 && small.heldOut.count == 1 && small.halves.allSatisfy { !$0.isEmpty })
  }

  @Test("What a way is judged by is not what its ranges are made of")
  func crossed() throws {
    // One half is ten times as large: ranges of the small one cut it off, those of all would not.
    let base = try RandomNetwork.samples(20, seed: 5)
    let shape = try #require(TensorShape([1, 3, 12, 12]))
    let large = try base.map { sample in
      let values = try #require(sample.inputs["x"]).array(of: Float.self).map { $0 * 10 }
      return CalibrationSample(["x": try #require(Tensor(values, shape: shape))])
    }
    let prepared = try PreparedModel(RandomNetwork.picture(seed: 4), options: SessionOptions())
    let source = QuantisationSource(
      prepared: prepared, layers: try QuantisableLayer.all(prepared), settings: QuantisationSettings())
    func ratio(_ halves: [[CalibrationSample]]) throws -> Double {
      let validation = try CrossValidation(source, halves, measure: nil, progress: nil)
      #expect(validation.count == 40)
      return try validation.score(QuantisationWay(method: .minMax, kept: [])).signalToNoise
    }
    let mixed = zip(base, large).flatMap { [$0, $1] }
    let (apart, alike) = (
      try ratio([base, large]), try ratio([Array(mixed.prefix(20)), Array(mixed.suffix(20))])
    )
    #expect(apart < 15 && alike > apart + 10, "\(apart) \(alike)")
  }

  @Test("Where every layer would be slower in bytes only weights are stored so, and that is said")
  func small() throws {
    let graph = BuiltModel.graph(
      [BuiltModel.node("Conv", ["x", "w"], ["y"])], inputs: [BuiltModel.info("x", [1, 3, 12, 12])],
      outputs: [BuiltModel.info("y", [1, 2, 12, 12])],
      parameters: [BuiltModel.tensor("w", [2, 3, 1, 1], [1, -2, 0.5, 0.25, 3, -1])])
    let made = try ModelQuantizer(BuiltModel.model(graph)).quantise(
      CalibrationSet(RandomNetwork.samples(12, seed: 6)))
    let report = try #require(made.report)
    #expect(report.method == nil && report.attempts.isEmpty && report.layers.map(\.kept) == [.slower])
    #expect(report.notes.contains { $0.contains("weights are stored in bytes") })
    let written = try Model(bytes: made.bytes, name: "small")
    #expect(written.operatorCounts["QuantizeLinear"] == nil && written.operatorCounts["DequantizeLinear"] == 1)
    #expect(report.heldOut.cosine > 0.9999)
  }
}
