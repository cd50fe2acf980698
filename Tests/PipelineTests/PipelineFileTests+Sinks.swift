import BraidCore
import BraidTestSupport
import Testing

@testable import BraidPipeline

/// Which models' records a pipeline's sinks take.
extension PipelineFileTests {
  private static let models =
    """
    models:
      - {name: faces, file: f.onnx}
      - {name: "mood, low", file: m.onnx}

    """

  @Test("A sink's models are called by their names in the pipeline, or by their files, also when written again")
  func sinkModels() throws {
    let pipeline = try read(
      Self.models
        + """
        sinks:
          - {kind: jsonl, target: a, models: [faces, "mood, low"]}
          - {kind: jsonl, target: b, models: "m.onnx,faces"}
        """)
    #expect(pipeline.configuration.sinks.map(\.models) == [["f.onnx", "m.onnx"], ["m.onnx", "f.onnx"]])
    #expect(pipeline.text.contains("- faces\n") || pipeline.text.contains("[faces, "), "\(pipeline.text)")
    let again = try Pipeline(Array(pipeline.text.utf8), file: "p", Self.reading())
    #expect(again.configuration.sinks == pipeline.configuration.sinks && again.text == pipeline.text)
  }

  @Test("A sink's model that the pipeline has not is a fault at its place")
  func unknownSinkModel() {
    let found = faults(
      Self.models + "sinks: [{kind: jsonl, target: a, models: [faces, moods]}, {kind: vtt, target: b, models: fases}]")
    #expect(found.count == 2, "\(found)")
    #expect(found.first?.hasPrefix("5:50: sinks[0].models[1]: the pipeline has no model 'moods'. ") == true, "\(found)")
    #expect(
      found.last?.contains("sinks[1].models: the pipeline has no model 'fases'. Did you mean 'faces'?") == true,
      "\(found)")
    #expect(faults("sinks: [{kind: jsonl, target: a, models: [faces]}]").first?.contains("Add it to 'models'") == true)
  }

  @Test("Other models and sinks beside a pipeline: names of the pipeline hold as long as its models do")
  func sinkOverrides() throws {
    var pipeline = try read(Self.models + "sinks: [{kind: jsonl, target: a, models: [faces]}]")
    pipeline.replaceSinks([try SinkSetting("jsonl:b,models=faces,drop=oldest"), try SinkSetting("vtt:c,models=other")])
    #expect(pipeline.configuration.sinks.map(\.models) == [["f.onnx"], ["other"]])
    pipeline.replaceModels(["other.onnx"])
    #expect(pipeline.configuration.sinks.map(\.models) == [[], []])
    pipeline.replaceSinks([])
    #expect(pipeline.configuration.sinks.isEmpty)
  }

  @Test("What is printed can be run: a sink's model that is called as its package calls it gets its name in the file")
  func printedSinkModels() throws {
    var configuration = SessionConfiguration(inputs: [])
    let path = SharedData.sample("models/hit-sound")
    configuration.models = .named([path])
    configuration.sinks = [try SinkSetting("jsonl:/a,models=hit-sound@1.0.0")]
    let printed = try Pipeline(configuration).standingAlone()
    let read = try Pipeline(Array(printed.text.utf8), file: "p", Pipeline.Reading())
    #expect(read.configuration.sinks.map(\.models) == [[path]])
    configuration.sinks = [try SinkSetting("jsonl:/a,models=nobody")]
    #expect(throws: PipelineError.self) { try Pipeline(configuration).standingAlone() }
  }
}
