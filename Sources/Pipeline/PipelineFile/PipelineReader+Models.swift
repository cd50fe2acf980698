internal import BraidCore
internal import BraidInference

/// Reads the models of a pipeline, and what each says of others.
extension PipelineReader {
  /// A model of the file that is sound so far.
  private struct Entry {
    let map: DocumentMap
    let name: String
    let file: String
    /// The models that it goes by, each with the field that says so.
    var sources: [(name: String, field: DocumentField)] = []
  }

  mutating func readModels() {
    guard let fields = root["models"].list() else { return }
    var entries: [Entry] = []
    for field in fields {
      guard let map = field.required("Say its file").map() else { continue }
      let (nameField, fileField) = (map["name"], map["file"].required("Give the model's file, folder or name"))
      guard let given = fileField.text(), !given.isEmpty else {
        if fileField.isPresent, fileField.text()?.isEmpty == true {
          fileField.fault("it names nothing", remedy: "Give the model's file, folder or name")
        }
        continue
      }
      let file = PipelinePath.model(given, folder: folder)
      let name = nameField.text() ?? FilePath.stem(given)
      if name.isEmpty { nameField.fault("it is empty", remedy: "Give a name, or leave it out") }
      if entries.contains(where: { $0.name == name }) {
        (nameField.isPresent ? nameField : fileField).fault(
          "two models are called '\(name.prefix(80))'", remedy: "Give each a 'name' of its own")
      }
      if entries.contains(where: { $0.file == file }) {
        fileField.fault("'\(file)' is named twice", remedy: "Name it once")
      }
      if reading.checksModels {
        do throws(PipelineError) { _ = try ModelLocation.path(of: file, folders: reading.modelFolders) } catch {
          fileField.fault("\(error.location): \(error.message)", remedy: error.remedy)
        }
      }
      entries.append(Entry(map: map, name: name, file: file))
    }
    pipeline.modelNames = entries.map(\.name)
    pipeline.configuration.models = .named(entries.map(\.file))
    for index in entries.indices { readLinks(&entries[index], among: entries) }
    findCircle(entries)
  }

  private mutating func readLinks(_ entry: inout Entry, among entries: [Entry]) {
    if let map = entry.map["schedule"].map() {
      var setting = ScheduleSetting(model: entry.file, ModelSchedule())
      for name in ModelSchedule.names {
        let field = map[name]
        guard let text = field.text() else { continue }
        do throws(SchedulingError) {
          try setting.schedule.set(name, to: text, location: "")
        } catch { field.fault(error.message, remedy: error.remedy) }
      }
      map.refuseOthers()
      if setting.schedule != ModelSchedule() { pipeline.configuration.schedules.append(setting) }
    }
    for field in entry.map["gates"].list() ?? [] {
      guard let map = field.required("Say the model").map(),
        let source = readSource(map, of: &entry, among: entries, "says yes or no")
      else { continue }
      var gate = GateSetting(model: entry.file, source: source)
      let hold = map["hold"]
      gate.hold = Self.length(hold)
      if let length = gate.hold, length > .seconds(3600) {
        hold.fault("it is longer than an hour", remedy: "Give an hour at most")
      }
      map.refuseOthers()
      if pipeline.configuration.gates.contains(where: { $0.model == gate.model && $0.source == gate.source }) {
        field.fault("the gate is given twice", remedy: "Give it once")
      }
      pipeline.configuration.gates.append(gate)
    }
    if let map = entry.map["chain"].map() {
      let source = readSource(map, label: "output", of: &entry, among: entries, "gives what it takes")
      map.refuseOthers()
      if let source { pipeline.configuration.chains.append(ChainSetting(model: entry.file, source: source)) }
    }
    readTrack(entry)
    if let map = entry.map["crops"].map() {
      let source = readSource(map, of: &entry, among: entries, "detects")
      var crops = CropSetting(model: entry.file, source: source ?? "")
      for name in CropDescription.names {
        let field = map[name]
        let text = name == "square" ? field.flag().map { $0 ? "yes" : "no" } : field.text()
        guard let text else { continue }
        if let fault = crops.crops.set(name, to: text) { field.fault(fault.message, remedy: fault.remedy) }
      }
      map.refuseOthers()
      if source != nil { pipeline.configuration.crops.append(crops) }
    }
    entry.map.refuseOthers()
  }

  /// Whether what a model finds is followed: `true`, or how.
  private mutating func readTrack(_ entry: Entry) {
    let field = entry.map["track"]
    guard field.isPresent else { return }
    var setting = TrackSetting(model: entry.file)
    if case .flag(let isOn)? = field.content {
      if isOn { pipeline.configuration.tracks.append(setting) }
      return
    }
    guard let map = field.map() else { return }
    for name in TrackDescription.names {
      let field = map[name]
      guard let text = field.text() else { continue }
      if let fault = setting.track.set(name, to: text) { field.fault(fault.message, remedy: fault.remedy) }
    }
    map.refuseOthers()
    pipeline.configuration.tracks.append(setting)
  }

  /// The model that another goes by, with its label, as the command line writes it.
  private func readSource(
    _ map: DocumentMap, label: String = "label", of entry: inout Entry, among entries: [Entry], _ what: String
  ) -> String? {
    let field = map["model"].required("Name the model that \(what)")
    let label = map[label].text()
    guard let name = field.text() else { return nil }
    guard let source = entries.first(where: { $0.name == name || $0.file == name }) else {
      refuse(name, field, among: entries.map(\.name).filter { $0 != entry.name })
      return nil
    }
    guard source.name != entry.name else {
      field.fault("\(name) cannot go by itself", remedy: "Name another model")
      return nil
    }
    entry.sources.append((source.name, field))
    return source.file + (label.map { ":\($0)" } ?? "")
  }

  /// The models whose records a sink takes, by name or file, as the session knows them; a list, or a text with commas between.
  func readSinkModels(_ field: DocumentField) -> [String] {
    var given: [(field: DocumentField, name: String)] = []
    if case .list? = field.content {
      given = (field.list() ?? []).compactMap { item in item.text().map { (item, $0) } }
    } else if let text = field.text() {
      given = text.split(separator: ",", omittingEmptySubsequences: false).map { (field, String($0)) }
    }
    var files: [String] = []
    if case .named(let models) = pipeline.configuration.models { files = models }
    return given.compactMap { field, name in
      if let model = zip(pipeline.modelNames, files).first(where: { $0 == name || $1 == name }) { return model.1 }
      refuse(name, field, among: pipeline.modelNames)
      return nil
    }
  }

  /// Makes a fault of a model that the pipeline has not.
  private func refuse(_ name: String, _ field: DocumentField, among names: [String]) {
    let guess = Spelling.guess(name, among: names).map { "Did you mean '\($0)'? " } ?? ""
    field.fault(
      "the pipeline has no model '\(name.prefix(80))'",
      remedy: guess + (names.isEmpty ? "Add it to 'models'" : "It has \(names.joined(separator: ", "))"))
  }

  /// Makes a fault of models that wait for each other.
  private func findCircle(_ entries: [Entry]) {
    var sound: Set<String> = []
    while let next = entries.first(where: { entry in
      !sound.contains(entry.name) && entry.sources.allSatisfy { sound.contains($0.name) }
    }) {
      sound.insert(next.name)
    }
    // From any model of the rest, sources lead into the circle.
    guard var entry = entries.first(where: { !sound.contains($0.name) }) else { return }
    var path: [String] = []
    while !path.contains(entry.name), let source = entry.sources.first(where: { !sound.contains($0.name) }),
      let next = entries.first(where: { $0.name == source.name })
    {
      path.append(entry.name)
      if let start = path.firstIndex(of: next.name) {
        let circle = path[start...] + [next.name]
        source.field.fault(
          "models wait for each other in a circle: \(circle.joined(separator: " by "))",
          remedy: "Take one of these out of it")
        return
      }
      entry = next
    }
  }
}
