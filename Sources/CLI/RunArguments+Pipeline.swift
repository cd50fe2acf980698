import ArgumentParser
import BraidCore
import BraidInference
import BraidIngest
import BraidPipeline
import Glibc

extension RunArguments {
  /// The session that these arguments ask for: a pipeline's file, where there is one, with what is given beside it in place of what
  /// it says.
  ///
  /// - Throws: what is wrong with the file, all of it, or the first thing that is wrong with the arguments.
  func pipeline() throws -> Pipeline {
    var pipeline = Pipeline(SessionConfiguration(inputs: []))
    if let file = pipelineFile {
      var reading = Pipeline.Reading()
      reading.modelFolders = ModelFolders.all
      reading.checksSources = inputs.isEmpty
      reading.checksModels = model.isEmpty
      pipeline = try Pipeline(path: file, reading)
    }
    pipeline.configuration.modelFolders = ModelFolders.all
    try applyInputs(to: &pipeline.configuration)
    try applyModels(to: &pipeline)
    applyRun(to: &pipeline.configuration)
    try applyOutputs(to: &pipeline)
    if let measures = kernels.measureKernels {
      pipeline.configuration.kernels = measures ? try KernelChoice.measuredForUser() : .rule
    }
    pipeline.measuresTransforms = transforms.fftMeasure ?? pipeline.measuresTransforms
    // What is printed may be without a source: it can be given later.
    if printConfig, pipeline.configuration.inputs.isEmpty {
      var complete = pipeline
      complete.configuration.inputs = ["-"]
      try complete.validate()
    } else {
      try pipeline.validate()
    }
    return pipeline
  }

  /// Whether the program may start anew: not where the pipeline came through a pipe, which gives it once.
  var canBeReadAgain: Bool {
    guard let pipelineFile else { return true }
    var facts = stat()
    return unsafe stat(pipelineFile, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
  }

  private func applyInputs(to configuration: inout SessionConfiguration) throws {
    if !inputs.isEmpty { configuration.inputs = inputs }
    try input.apply(to: &configuration.inputOptions)
    if let format = container.format { configuration.inputOptions.format = format }
    if let start { configuration.inputOptions.start = .zero + start.duration }
    if let duration { configuration.inputOptions.duration = duration.duration }
    live.apply(to: &configuration.inputOptions.live)
    if let folder = live.record { configuration.recording = folder }
  }

  private func applyModels(to pipeline: inout Pipeline) throws {
    if !model.isEmpty { pipeline.replaceModels(model == ["none"] ? [] : model) }
    pipeline.override(schedules: try schedule.map(ScheduleSetting.init))
    pipeline.override(gates: try gate.map { try GateSetting($0) })
    pipeline.override(crops: try crops.map { try CropSetting($0) })
    pipeline.override(chains: try chain.map { try ChainSetting($0) })
    pipeline.override(tracks: try track.map { try TrackSetting($0) })
    if let features { pipeline.configuration.features = .named(features == "none" ? "" : features) }
    if let moments { pipeline.configuration.moments = try MomentSelection(moments) }
  }

  private func applyRun(to configuration: inout SessionConfiguration) {
    if let budget { configuration.budget = budget.duration }
    if let skip { configuration.skip = skip.policy }
    if let prefer { configuration.prefersContent = prefer == .content }
    if let pace { configuration.pace = pace.pace }
    if let tolerance { configuration.tolerance = tolerance.duration }
    if let wait { configuration.wait = wait.duration }
    if let threads { configuration.threads = threads }
    if let deterministic { configuration.isDeterministic = deterministic }
  }

  private func applyOutputs(to pipeline: inout Pipeline) throws {
    if let output { pipeline.configuration.output = output }
    if !sink.isEmpty { pipeline.replaceSinks(sink == ["none"] ? [] : try sink.map { try SinkSetting($0) }) }
    if let explainSkips { pipeline.configuration.explanation = explainSkips }
    if let trace { pipeline.configuration.trace = trace }
    if let statsEvery { pipeline.configuration.statsInterval = statsEvery.duration }
  }
}
