import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// How models are compared by what they mean, and labels given.
@Suite("Agreement by meaning") struct AgreementTests {
  private static func box(_ score: Float, _ x: Float, _ label: String = "face") -> ModelOutput.Detection {
    ModelOutput.Detection(label: label, score: score, x: x, y: 0, width: 0.1, height: 0.1)
  }

  @Test("Average precision is that of scikit-learn and of the paper's rule, over all pictures and labels")
  func precision() throws {
    // Two to find; right, wrong, right by falling score: 0.5 · 1 + 0.5 · 2/3.
    // sklearn.metrics.average_precision_score([1, 0, 1], [0.9, 0.8, 0.7]) is 0.8333.
    let picture = ([Self.box(1, 0), Self.box(1, 0.5)], [Self.box(0.9, 0.01), Self.box(0.8, 0.8), Self.box(0.7, 0.5)])
    #expect(abs(try #require(AveragePrecision.mean([picture])) - 5.0 / 6) < 1e-9)
    // The same over two pictures, and a label of which nothing is found.
    let split: [AveragePrecision.Picture] = [
      ([Self.box(1, 0)], [Self.box(0.9, 0.01), Self.box(0.8, 0.8)]), ([Self.box(1, 0.5)], [Self.box(0.7, 0.5)]),
    ]
    #expect(abs(try #require(AveragePrecision.mean(split)) - 5.0 / 6) < 1e-9)
    let other = split + [([Self.box(1, 0, "dog")], [])]
    #expect(abs(try #require(AveragePrecision.mean(other)) - 5.0 / 12) < 1e-9)
    // A box counts once; one that overlaps by less than half does not.
    let twice = ([Self.box(1, 0)], [Self.box(0.9, 0), Self.box(0.8, 0)])
    #expect(AveragePrecision.mean([twice]) == 1)
    #expect(AveragePrecision.mean([([Self.box(1, 0)], [Self.box(0.9, 0.04)])]) == 0)
    // What is found of a label that is not there is wrong; where there is nothing and nothing is found, there is nothing to say.
    let wrong = split + [([], [Self.box(1, 0, "cat")])]
    #expect(abs(try #require(AveragePrecision.mean(wrong)) - 5.0 / 12) < 1e-9)
    #expect(AveragePrecision.mean([([], [Self.box(0.9, 0)])]) == 0)
    #expect(AveragePrecision.mean([([], [])]) == nil)
  }

  private static func samples(_ count: Int) throws -> [CalibrationSample] {
    let shape = try #require(TensorShape([1]))
    return try (0..<count).map { CalibrationSample(["x": try #require(Tensor([Float($0)], shape: shape))]) }
  }

  private static func marked(
    _ text: String, _ name: String = "labels.csv", files: [String] = [], isNumbered: Bool = true,
    classes: [String] = ["no", "yes"]
  ) throws -> [String?] {
    let scratch = try Scratch()
    let labels = try SampleLabels(path: scratch.write(name, Data(text.utf8)))
    var samples = try Self.samples(4)
    try labels.mark(&samples, files: files, isNumbered: isNumbered, classes: classes)
    return samples.map(\.label)
  }

  @Test("Labels are read from tables and JSON Lines, by number, name and path, with headings, quotes and empty lines")
  func labels() throws {
    #expect(try Self.marked("index,label\r\n0,yes\r\n\r\n3,0\r\n") == ["yes", nil, nil, "no"])
    #expect(
      try Self.marked("{\"index\":1,\"label\":\"yes\"}\n{\"index\":2,\"label\":0}\n", "l.jsonl")
        == [nil, "yes", "no", nil])
    let files = ["a/one,two.wav", "a/one,two.wav", "b/x.wav", "b/y.wav"]
    #expect(
      try Self.marked("file,label\n\"one,two.wav\",yes\nb/x.wav,no\nx.wav,yes\n", files: files, isNumbered: false)
        == ["yes", "yes", "no", nil])
    // Without names classes are numbers; a label that is a number and a name is the name.
    #expect(try Self.marked("0,7\n", classes: []) == ["7", nil, nil, nil])
    #expect(try Self.marked("0,1\n", classes: ["1", "0"]) == ["1", nil, nil, nil])
  }

  @Test("What is wrong with labels is told with the line and what to do")
  func badLabels() throws {
    func error(_ text: String, _ name: String = "labels.csv", classes: [String] = ["no", "yes"]) throws -> PipelineError
    {
      try #require(throws: PipelineError.self) { try Self.marked(text, name, classes: classes) }
    }
    #expect(try error("0,yes\nyes\n").location.hasSuffix("labels.csv:2"))
    #expect(try error("{\"index\":0,\"label\":\"yes\"}\n{\"index\":0}\n", "l.jsonl").location.hasSuffix("l.jsonl:2"))
    #expect(try error("{\"index\":-1,\"label\":\"yes\"}\n", "l.jsonl").location.hasSuffix("l.jsonl:1"))
    let near = try error("0,yess\n")
    #expect(near.message.contains("'yess'") && near.remedy.contains("Did you mean 'yes'?"))
    #expect(try error("0,2\n").message.contains("no class '2'"))
    #expect(try error("0,left\n", classes: []).remedy.contains("numbers"))
    #expect(try error("9,yes\n").message.contains("none of the 4 samples"))
    #expect(try error("\n").message.contains("no labels"))
    let missing = try #require(throws: PipelineError.self) { try SampleLabels(path: "/no/such.csv") }
    #expect(missing.location == "/no/such.csv")
  }

  @Test("An accuracy can be required, within 0 to 1; nothing, or one thing twice, cannot")
  func requirement() throws {
    #expect(try Requirement("accuracy=0.9,faster=2").accuracy == 0.9)
    for text in ["accuracy=0", "accuracy=1.5", "acuracy=0.9", "", ",", "faster=2,faster=1", "faster=2,"] {
      let error = try #require(throws: PipelineError.self) { try Requirement(text) }
      #expect(error.location == "--require" && !error.remedy.isEmpty)
    }
  }
}
