public import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest

extension Pipeline {
  /// What is looked for when a pipeline is read.
  public struct Reading: Sendable {
    /// Where models are looked for by name, in this order.
    public var modelFolders: [String] = []
    /// Whether the files of its sources must be there; not where others take their place.
    public var checksSources = true
    /// Whether its models must be there.
    public var checksModels = true

    /// Everything must be there.
    public init() {}
  }

  /// Reads a pipeline from a file of YAML or JSON. Its relative paths are seen from the folder that the file is in.
  ///
  /// - Parameters:
  ///   - path: the file; `-` is standard input, whose paths are seen from the working folder.
  ///   - reading: what is looked for.
  /// - Throws: everything that is wrong with it, each fault with line, column, field and remedy. No source or model is opened.
  public init(path: String, _ reading: Reading = Reading()) throws(DocumentError) {
    let document = try Document(path: path == "-" ? "/dev/stdin" : path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    self = try PipelineReader.read(document, folder: path == "-" ? "" : folder, reading)
  }

  /// Reads a pipeline from the bytes of a file.
  ///
  /// - Parameters:
  ///   - bytes: YAML or JSON.
  ///   - file: its name in errors.
  ///   - reading: what is looked for; relative paths are seen from the working folder.
  /// - Throws: as for a file.
  public init(_ bytes: [UInt8], file: String, _ reading: Reading = Reading()) throws(DocumentError) {
    self = try PipelineReader.read(Document(bytes, file: file), folder: "", reading)
  }
}

/// Makes a pipeline of a document, and faults of what is wrong with it.
struct PipelineReader {
  let root: DocumentMap
  let faults: DocumentFaults
  /// What relative paths begin with: a folder with a slash at its end, or nothing.
  let folder: String
  let reading: Pipeline.Reading
  var pipeline = Pipeline(SessionConfiguration(inputs: []))

  static func read(
    _ document: Document, folder: String, _ reading: Pipeline.Reading
  ) throws(DocumentError) -> Pipeline {
    let faults = DocumentFaults(file: document.file)
    var reader = PipelineReader(root: document.map(faults), faults: faults, folder: folder, reading: reading)
    reader.read()
    try faults.check()
    return reader.pipeline
  }

  private mutating func read() {
    let version = root["version"].required("Begin the file with 'version: \(Pipeline.version)'")
    if let text = version.text(), text != Pipeline.version {
      version.fault("'\(text.prefix(80))' is not known", remedy: "This program reads \(Pipeline.version)")
    }
    pipeline.configuration.modelFolders = reading.modelFolders
    readSources()
    readSourceOptions()
    readLive()
    readModels()
    readFeatures()
    readMoments()
    readRun()
    readOutputs()
    root.refuseOthers()
    // What contradicts itself only does so if what was read is what is meant.
    if faults.isEmpty { checkTogether() }
  }

  // MARK: Sources

  private mutating func readSources() {
    for field in root["sources"].list() ?? [] {
      guard let text = field.required("Name a file, a URL or a device").text() else { continue }
      guard !text.isEmpty else {
        field.fault("it names nothing", remedy: "Name a file, a URL or a device")
        continue
      }
      let source = PipelinePath.source(text, folder: folder)
      pipeline.configuration.inputs.append(source)
      if reading.checksSources, let path = PipelinePath.file(of: source), !PipelinePath.exists(path) {
        field.fault("there is no file '\(path)'", remedy: "Paths are seen from the folder of the pipeline's file")
      }
    }
  }

  private mutating func readSourceOptions() {
    guard let map = root["source-options"].map() else { return }
    var options = InputOptions()
    let streams = map["streams"]
    if let text = streams.text() {
      do throws(IngestError) {
        options.streams = try StreamSelection(parsing: text)
      } catch { streams.fault(error.message, remedy: error.remedy) }
    }
    options.format = map["format"].text()
    options.start = Self.length(map["start"]).map { .zero + $0 }
    options.duration = Self.length(map["duration"])
    options.keepsTime = map["keep-time"].flag() ?? false
    options.decoderThreads = map["decoder-threads"].whole(0...64) ?? options.decoderThreads
    options.limits.pixels = map["max-pixels"].whole(1...Int.max) ?? options.limits.pixels
    options.limits.streams = map["max-streams"].whole(1...Int.max) ?? options.limits.streams
    options.limits.probeBytes = Self.size(map["probe-bytes"], 32) ?? options.limits.probeBytes
    options.limits.lineBytes = Self.size(map["max-line"], 1) ?? options.limits.lineBytes
    options.limits.allocationBytes = Self.size(map["max-allocation"], 1) ?? options.limits.allocationBytes
    map.refuseOthers()
    pipeline.configuration.inputOptions = options
  }

  private mutating func readLive() {
    guard let map = root["live"].map() else { return }
    var live = LiveOptions()
    live.reconnects = map["reconnect"].flag() ?? live.reconnects
    live.reconnectLimit = map["reconnect-limit"].whole(0...Int.max)
    live.reconnectWait = Self.length(map["reconnect-wait"]) ?? live.reconnectWait
    live.openTimeout = Self.length(map["open-timeout"], isAboveZero: true) ?? live.openTimeout
    live.readTimeout = Self.length(map["read-timeout"], isAboveZero: true) ?? live.readTimeout
    live.resamples = map["resample"].flag() ?? live.resamples
    map.refuseOthers()
    pipeline.configuration.inputOptions.live = live
  }

  // MARK: What is computed

  private mutating func readFeatures() {
    guard let fields = root["features"].list() else { return }
    var names: [String] = []
    for field in fields {
      guard let text = field.required("Name a feature").text() else { continue }
      do throws(FeatureError) {
        guard try FeatureSelection.parse(text, onStreams: true).count == 1 else {
          field.fault("'\(text.prefix(80))' names several features", remedy: "Make each an item of its own")
          continue
        }
        if names.contains(text) { field.fault("'\(text.prefix(80))' is named twice", remedy: "Name it once") }
        names.append(text)
      } catch { field.fault("\(error.location): \(error.message)", remedy: error.remedy) }
    }
    pipeline.configuration.features = .named(names.joined(separator: ","))
  }

  private mutating func readMoments() {
    guard let map = root["moments"].map() else { return }
    let (tick, streams) = (map["tick"].required("Name a stream or a distance, such as every:40ms"), map["streams"])
    var whole = tick.text() ?? "video:0"
    do throws(PipelineError) { _ = try MomentSelection(whole + ",video:0") } catch {
      tick.fault(error.message, remedy: error.remedy)
      whole = "video:0"
    }
    for field in streams.required("Name streams, such as audio:0").list() ?? [] {
      guard let text = field.required("Name a stream").text() else { continue }
      do throws(PipelineError) {
        guard try MomentSelection("video:0,\(text)").members.count == 1, !text.contains(",") else {
          field.fault("'\(text.prefix(80))' is not one stream", remedy: "Make each an item of its own")
          continue
        }
        // With those before it: none may be named twice.
        _ = try MomentSelection("\(whole),\(text)")
        whole += ",\(text)"
      } catch { field.fault(error.message, remedy: error.remedy) }
    }
    let corrections = Self.length(map["correct"])
    map.refuseOthers()
    guard var moments = try? MomentSelection(whole) else {
      if streams.list()?.isEmpty == true { streams.fault("it is empty", remedy: "Name streams, such as audio:0") }
      return
    }
    moments.corrections = corrections
    pipeline.configuration.moments = moments
  }

  private mutating func readRun() {
    var configuration = pipeline.configuration
    configuration.pace = root["pace"].choice(SessionConfiguration.Pace.self) ?? configuration.pace
    configuration.budget = Self.length(root["budget"], isAboveZero: true)
    let skip = root["skip"]
    if let text = skip.text() {
      if let policy = SkipPolicy(text) {
        configuration.skip = policy
      } else {
        skip.fault("'\(text.prefix(80))' is no policy", remedy: "There are adaptive, none, every:N and max-fps:F")
      }
    }
    configuration.prefersContent = root["prefer"].choice(among: ["content", "newest"]) != "newest"
    configuration.tolerance = Self.length(root["tolerance"]) ?? configuration.tolerance
    configuration.wait = Self.length(root["wait"]) ?? configuration.wait
    configuration.threads = root["threads"].whole(1...1024) ?? configuration.threads
    configuration.isDeterministic = root["deterministic"].flag() ?? false
    let kernels = root["measure-kernels"]
    if kernels.flag() == true {
      do throws(InferenceError) { configuration.kernels = try KernelChoice.measuredForUser() } catch {
        kernels.fault(error.message, remedy: error.remedy)
      }
    }
    pipeline.measuresTransforms = root["fft-measure"].flag() ?? false
    pipeline.configuration = configuration
  }

  // MARK: Outputs

  private mutating func readOutputs() {
    var configuration = pipeline.configuration
    configuration.output = path(root["output"]) ?? configuration.output
    configuration.statsInterval = Self.length(root["stats-every"])
    configuration.explanation = path(root["explain-skips"])
    configuration.trace = path(root["trace"])
    configuration.recording = path(root["record"])
    configuration.sinks = (root["sinks"].list() ?? []).compactMap(readSink)
    pipeline.configuration = configuration
  }

  private func readSink(_ field: DocumentField) -> SinkSetting? {
    guard let map = field.required("Say its kind and target").map() else { return nil }
    let kind = map["kind"].required("Give one of \(SinkSetting.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    let target = map["target"].required("Give a path, or a URL")
    var settings: [(String, String)] = []
    let models = readSinkModels(map["models"])
    for key in map.keys where !["kind", "target", "models"].contains(key) {
      let setting = map[key]
      // Some may be given several times, and some are lists.
      if case .list? = setting.content {
        for item in setting.list() ?? [] { if let text = item.text() { settings.append((key, text)) } }
      } else if let text = setting.text() {
        settings.append((key, text))
      }
    }
    guard let kindText = kind.text(), var path = target.text() else { return nil }
    let isServer = kindText == "http" || kindText == "https"
    if !isServer { path = PipelinePath.joined(path, folder: folder) }
    var sink = SinkSetting.read(kind: kindText, target: path, settings: settings) { fault in
      let place =
        fault.setting.map { map[$0] }
        ?? (SinkSetting.Kind(rawValue: kindText) == nil && kindText != "https" ? kind : target)
      place.fault(fault.message, remedy: fault.remedy)
    }
    sink?.models = models
    return sink
  }

  private func path(_ field: DocumentField) -> String? {
    guard let text = field.text() else { return nil }
    guard !text.isEmpty else {
      field.fault("it names no file", remedy: "Give a path, or leave it out")
      return nil
    }
    return text == "-" ? text : PipelinePath.joined(text, folder: folder)
  }

  // MARK: Together

  /// What the fields say together, each with the place of the field that made it.
  private func checkTogether() {
    for error in pipeline.contradictions {
      let words = error.location.split(separator: " ")
      let option = words.first.map { $0.drop { $0 == "-" } } ?? ""
      let key =
        switch option {
        case "INPUT": "sources"
        case "gate", "crops", "chain", "schedule", "track": "models"
        case "sink": "sinks"
        default: String(option)
        }
      var field = root[key]
      if key == "sinks", words.count == 2,
        let place = pipeline.configuration.sinks.lastIndex(where: { $0.id == words[1] }),
        let item = field.list()?[place]
      {
        field = item
      }
      // Messages name options; a field is called as its option is.
      field.fault(error.message.replacing("--", with: ""), remedy: error.remedy.replacing("--", with: ""))
    }
  }

  // MARK: Values

  /// A duration that is not negative.
  static func length(_ field: DocumentField, isAboveZero: Bool = false) -> MediaDuration? {
    guard let duration = field.duration() else { return nil }
    guard isAboveZero ? duration > .zero : duration >= .zero else {
      field.fault("it must be longer than nothing", remedy: "Give a duration such as 50ms")
      return nil
    }
    return duration
  }

  /// Bytes, as a number or as people write them.
  static func size(_ field: DocumentField, _ least: Int) -> Int? {
    guard let text = field.text() else { return nil }
    guard let count = ByteCount(text: text) else {
      field.fault("'\(text.prefix(80))' is no size", remedy: "Write it as 4096, 64kB, 256MB or 1GiB")
      return nil
    }
    guard count.bytes >= least else {
      field.fault("'\(text.prefix(80))' is out of range", remedy: "Give \(least) bytes or more")
      return nil
    }
    return count.bytes
  }
}
