internal import BraidCore
internal import BraidInference
internal import BraidIngest
internal import BraidSync

extension Pipeline {
  /// The pipeline as YAML, with every field that there is, the same text for the same pipeline. Read again it gives this
  /// pipeline, as long as its models are spoken of by their names in the file, or as they were given.
  public var text: String {
    var writer = YAMLWriter()
    writer.field("version", Self.version)
    writer.list("sources", configuration.inputs)
    writeSourceOptions(to: &writer)
    writeModels(to: &writer)
    switch configuration.features {
    case .defaults: writer.field("features", nil as String?)
    case .named(let list): writer.list("features", Self.features(list))
    }
    writeMoments(to: &writer)
    writer.field("pace", configuration.pace.rawValue)
    writer.field("budget", configuration.budget)
    writer.field("skip", configuration.skip.description)
    writer.field("prefer", configuration.prefersContent ? "content" : "newest")
    writer.field("tolerance", configuration.tolerance)
    writer.field("wait", configuration.wait)
    writer.field("threads", configuration.threads)
    writer.field("deterministic", configuration.isDeterministic)
    writer.field("measure-kernels", configuration.kernels != .rule)
    writer.field("fft-measure", measuresTransforms)
    writer.field("output", configuration.output)
    writeSinks(to: &writer)
    writer.field("stats-every", configuration.statsInterval)
    writer.field("explain-skips", configuration.explanation)
    writer.field("trace", configuration.trace)
    writer.field("record", configuration.recording)
    return writer.text
  }

  private func writeSourceOptions(to writer: inout YAMLWriter) {
    let options = configuration.inputOptions
    writer.map("source-options") { writer in
      writer.field("streams", Self.text(of: options.streams))
      writer.field("format", options.format)
      writer.field("start", options.start.map { $0 - .zero })
      writer.field("duration", options.duration)
      writer.field("keep-time", options.keepsTime)
      writer.field("decoder-threads", options.decoderThreads)
      writer.field("max-pixels", options.limits.pixels)
      writer.field("max-streams", options.limits.streams)
      writer.field("probe-bytes", yaml: ByteCount(bytes: options.limits.probeBytes).description)
      writer.field("max-line", yaml: ByteCount(bytes: options.limits.lineBytes).description)
      writer.field("max-allocation", yaml: ByteCount(bytes: options.limits.allocationBytes).description)
    }
    writer.map("live") { writer in
      writer.field("reconnect", options.live.reconnects)
      writer.field("reconnect-limit", options.live.reconnectLimit)
      writer.field("reconnect-wait", options.live.reconnectWait)
      writer.field("open-timeout", options.live.openTimeout)
      writer.field("read-timeout", options.live.readTimeout)
      writer.field("resample", options.live.resamples)
    }
  }

  private func writeModels(to writer: inout YAMLWriter) {
    guard case .named(let models) = configuration.models else { return writer.field("models", nil as String?) }
    let names = names(of: models)
    writer.list("models", Array(zip(names, models))) { writer, model in
      let (name, file) = model
      let isThis = { (reference: String) in reference == name || reference == file }
      writer.field("name", name)
      writer.field("file", file)
      let schedule = configuration.schedules.first { isThis($0.model) }?.schedule ?? ModelSchedule()
      writer.map("schedule") { writer in
        writer.field("weight", yaml: schedule.weight.map { "\($0)" } ?? "null")
        writer.field("min-rate", yaml: schedule.minimumRate.map { "\($0)" } ?? "null")
        writer.field("priority", schedule.priority)
        writer.field("budget", schedule.budget)
      }
      writer.list("gates", configuration.gates.filter { isThis($0.model) }) { writer, gate in
        writeSource(gate.source, names, models, to: &writer)
        writer.field("hold", gate.hold)
      }
      if let track = configuration.tracks.first(where: { isThis($0.model) })?.track {
        writer.map("track") { writer in
          writer.field("low", yaml: track.low.map { "\($0)" } ?? "null")
          writer.field("birth", track.birth)
          writer.field("lost", track.lost)
        }
      } else {
        writer.field("track", nil as String?)
      }
      if let chain = configuration.chains.first(where: { isThis($0.model) }) {
        writer.map("chain") { writer in writeSource(chain.source, label: "output", names, models, to: &writer) }
      } else {
        writer.field("chain", nil as String?)
      }
      guard let setting = configuration.crops.first(where: { isThis($0.model) }) else {
        return writer.field("crops", nil as String?)
      }
      writer.map("crops") { writer in
        writeSource(setting.source, names, models, to: &writer)
        writer.field("margin", yaml: setting.crops.margin.map { "\($0)" } ?? "null")
        writer.field("square", setting.crops.isSquare)
        writer.field("max", setting.crops.limit)
      }
    }
  }

  /// The name of each model: as the file says it, else after its file.
  private func names(of models: [String]) -> [String] {
    guard modelNames.count != models.count else { return modelNames }
    var names: [String] = []
    for model in models {
      let stem = FilePath.stem(model)
      var name = stem
      var number = 2
      while names.contains(name) {
        name = "\(stem)-\(number)"
        number += 1
      }
      names.append(name)
    }
    return names
  }

  /// Which model another goes by, and what of it.
  private func writeSource(
    _ source: String, label key: String = "label", _ names: [String], _ models: [String], to writer: inout YAMLWriter
  ) {
    var (model, label): (String, String?) = (source, nil)
    if !names.contains(source), !models.contains(source) {
      // The longest name that it begins with.
      let known = (names + models).filter { source.hasPrefix($0 + ":") }.max { $0.utf8.count < $1.utf8.count }
      if let known {
        model = known
        label = String(source.dropFirst(known.count + 1))
      }
    }
    if let place = models.firstIndex(of: model) { model = names[place] }
    writer.field("model", model)
    writer.field(key, label)
  }

  private func writeSinks(to writer: inout YAMLWriter) {
    writer.list("sinks", configuration.sinks) { writer, sink in
      writer.field("kind", sink.kind.rawValue)
      writer.field("target", sink.target)
      var written: Set<String> = []
      let settings = sink.settings
      for (name, _) in settings where written.insert(name).inserted {
        // A name may have commas: each is an item of a list.
        if name == "models" {
          writer.list(name, sink.models.map(nameInFile))
          continue
        }
        let values = settings.filter { $0.name == name }.map(\.value)
        if values.count == 1 { writer.field(name, values[0]) } else { writer.list(name, values) }
      }
    }
  }

  /// What the file calls a model; as it is where the file has no such model.
  private func nameInFile(_ model: String) -> String {
    guard case .named(let models) = configuration.models, let place = models.firstIndex(of: model) else { return model }
    return names(of: models)[place]
  }

  private func writeMoments(to writer: inout YAMLWriter) {
    guard let moments = configuration.moments else { return writer.field("moments", nil as String?) }
    writer.map("moments") { writer in
      writer.field("tick", moments.tickText)
      writer.list("streams", moments.members.map(\.text))
      writer.field("correct", moments.corrections)
    }
  }

  /// A list of features as it was typed, a feature with its settings each.
  private static func features(_ list: String) -> [String] {
    var features: [String] = []
    for part in list.split(separator: ",").map(String.init) {
      if part.contains("="), let last = features.popLast() {
        features.append(last + "," + part)
      } else {
        features.append(part)
      }
    }
    return features
  }

  private static func text(of streams: StreamSelection) -> String? {
    switch streams {
    case .standard: return nil
    case .all: return "all"
    case .list(let items):
      return items.map { item in
        switch item {
        case .index(let index): "\(index)"
        case .nth(let kind, let place): "\(kind == .video ? "v" : kind == .audio ? "a" : "s"):\(place)"
        }
      }.joined(separator: ",")
    }
  }
}

extension MomentSelection {
  /// The tick as the command line writes it.
  var tickText: String {
    switch tick {
    case .stream(let stream): stream
    case .every(let distance): "every:" + YAMLWriter.duration(distance)
    }
  }
}

extension MomentSelection.Member {
  /// The member as the command line writes it.
  var text: String {
    guard let policy else { return stream }
    return switch policy {
    case .exact: "\(stream)=exact"
    case .nearest(let distance): "\(stream)=nearest:\(YAMLWriter.duration(distance))"
    case .hold(let age): "\(stream)=hold:\(YAMLWriter.duration(age))"
    case .interpolate(let distance): "\(stream)=interpolate:\(YAMLWriter.duration(distance))"
    case .window(let from, let to, _):
      "\(stream)=window:\(YAMLWriter.duration(from))..\(YAMLWriter.duration(to))"
    }
  }
}
