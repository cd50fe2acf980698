internal import BraidCore

/// From text and from pairs to a sink.
extension SinkSetting {
  private static let example = "jsonl:FILE,rotate=100MB, http://HOST/PATH,batch=50 or vtt:FILE"

  /// Reads a sink as the command line writes it: `KIND:TARGET,NAME=VALUE,…`. A comma begins a setting only where `NAME=` follows.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for the first fault.
  public init(_ text: String) throws(PipelineError) {
    let location = "--sink"
    do throws(Fault) {
      let fields = Self.fields(text)
      guard let colon = fields[0].firstIndex(of: ":"), colon != fields[0].startIndex else {
        throw Fault(
          message: "'\(text.prefix(80))' does not begin with a kind and a target",
          remedy: "Write it like \(Self.example)")
      }
      let kind = String(fields[0][..<colon])
      let isURL = kind == "http" || kind == "https"
      var faults: [Fault] = []
      let setting = Self.read(
        kind: kind, target: isURL ? fields[0] : String(fields[0][fields[0].index(after: colon)...]),
        settings: fields.dropFirst().map { field in
          let equals = field.firstIndex(of: "=") ?? field.endIndex
          return (String(field[..<equals]), String(field[equals...].dropFirst()))
        }
      ) { faults.append($0) }
      if let fault = faults.first { throw fault }
      guard let setting else {
        throw Fault(message: "'\(text.prefix(80))' is no sink", remedy: "Write it like \(Self.example)")
      }
      self = setting
    } catch {
      throw PipelineError(.configuration, error.message, location: location, remedy: error.remedy)
    }
  }

  /// Reads a sink from its parts.
  ///
  /// - Parameters:
  ///   - kind: a ``Kind`` by name; `https` is `http`.
  ///   - target: a path, or a URL with its scheme.
  ///   - settings: by name, as text; `header` may come several times, and so may `rotate`, once with a size and once with a
  ///     duration. Lists have commas between.
  ///   - tell: called for each fault.
  /// - Returns: the sink, nil where there was a fault.
  public static func read(
    kind: String, target: String, settings: [(name: String, value: String)], tell: (Fault) -> Void
  ) -> SinkSetting? {
    let kinds = Kind.allCases.map(\.rawValue)
    let name = kind
    guard let kind = Kind(rawValue: name == "https" ? "http" : name) else {
      let guess = Spelling.guess(name, among: kinds).map { "Did you mean \($0)? " } ?? ""
      tell(
        Fault(
          message: "there is no sink of the kind '\(name.prefix(80))'",
          remedy: guess + "There are " + kinds.joined(separator: ", ")))
      return nil
    }
    var setting = SinkSetting(kind: kind, target: target)
    var isSound = true
    func fail(_ fault: Fault) {
      isSound = false
      tell(fault)
    }
    if let fault = targetFault(kind, target) { fail(fault) }
    var given: Set<String> = []
    for (name, value) in settings {
      let known = fields.filter { $0.kinds.contains(kind) }
      guard let field = known.first(where: { $0.name == name }) else {
        fail(unknown(name, kind, known.map(\.name)))
        continue
      }
      if !given.insert(name).inserted, !field.isRepeatable {
        fail(Fault(setting: name, message: "'\(name)' is given twice", remedy: "Give it once"))
      } else if let expected = field.set(&setting, value) {
        fail(
          Fault(setting: name, message: "'\(name)' cannot be '\(value.prefix(80))'", remedy: "Give \(expected)"))
      }
    }
    if isSound { setting.contradictions.forEach(fail) }
    return isSound ? setting : nil
  }

  /// Every setting that has a value with that value, defaults among them: ``read(kind:target:settings:tell:)`` gives the same again.
  public var settings: [(name: String, value: String)] {
    Self.fields.filter { $0.kinds.contains(kind) }.flatMap { field in field.get(self).map { (field.name, $0) } }
  }

  /// The names of a kind's settings.
  public static func names(of kind: Kind) -> [String] { fields.filter { $0.kinds.contains(kind) }.map(\.name) }

  /// The text before the first comma that a setting follows, then each setting.
  private static func fields(_ text: String) -> [String] {
    var fields: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      let name = part.prefix { $0 != "=" }
      let isSetting = name.endIndex != part.endIndex && !name.isEmpty && name.allSatisfy { $0.isLowercase || $0 == "-" }
      if fields.isEmpty || isSetting { fields.append(part) } else { fields[fields.count - 1] += "," + part }
    }
    return fields
  }

  private static func unknown(_ name: String, _ kind: Kind, _ known: [String]) -> Fault {
    let others = Kind.allCases.filter { names(of: $0).contains(name) }.map(\.rawValue)
    let guess =
      others.isEmpty
      ? Spelling.guess(name, among: known).map { "Did you mean \($0)? " } ?? ""
      : "It is one of \(others.joined(separator: ", ")). "
    return Fault(
      setting: name, message: "\(kind.rawValue) has no setting '\(name.prefix(80))'",
      remedy: guess + "There are " + known.joined(separator: ", "))
  }

  private static func targetFault(_ kind: Kind, _ target: String) -> Fault? {
    if target.isEmpty || target.utf8.contains(0) {
      return Fault(message: "the sink \(kind.rawValue) has no target", remedy: "Write it like \(example)")
    }
    if kind == .http {
      let rest = ["http://", "https://"].first { target.lowercased().hasPrefix($0) }.map { target.dropFirst($0.count) }
      guard let rest, let first = rest.first, first != "/", !target.contains(where: { $0.isWhitespace }) else {
        return Fault(message: "'\(target.prefix(80))' is no URL of a server", remedy: "Write it like http://HOST/PATH")
      }
      return nil
    }
    if target == "-" {
      return Fault(
        message: "the sink \(kind.rawValue) cannot write to standard output",
        remedy: "Give a path; --output says what standard output gets")
    }
    if kind == .unix, target.utf8.count > 107 {
      return Fault(
        message: "the path of the socket has \(target.utf8.count) bytes", remedy: "Give one of 107 bytes at most")
    }
    let suffix = target.lastIndex(of: ".").map { target[target.index(after: $0)...].lowercased() } ?? ""
    if kind == .video, !["mp4", "mov", "mkv", "webm"].contains(suffix) {
      return Fault(
        message: "the film '\(target.prefix(80))' has no known kind of file",
        remedy: "End it with .mp4, .mov, .mkv or .webm")
    }
    return nil
  }

  /// Settings that do not go together.
  private var contradictions: [Fault] {
    var faults: [Fault] = []
    if keep != nil, rotateBytes == nil, rotateEvery == nil {
      faults.append(
        Fault(setting: "keep", message: "'keep' says nothing without 'rotate'", remedy: "Add rotate=100MB or rotate=1h")
      )
    }
    if kind == .video, target.lowercased().hasSuffix(".webm"), let codec, codec != .vp9 {
      faults.append(
        Fault(
          setting: "codec", message: "WebM has no \(codec.rawValue)", remedy: "Use codec=vp9, or another kind of file"))
    }
    return faults
  }
}

extension SessionConfiguration {
  /// Where the sinks do not go together, or with the session.
  var sinkContradictions: [PipelineError] {
    var errors: [PipelineError] = []
    guard sinks.count <= 64 else {
      return [PipelineError(.configuration, "\(sinks.count) sinks", location: "--sink", remedy: "Give 64 at most")]
    }
    for (place, sink) in sinks.enumerated() {
      if sinks[..<place].contains(where: {
        $0.id == sink.id
          || $0.kind != .http && sink.kind != .http && FilePath.absolute($0.target) == FilePath.absolute(sink.target)
      }) {
        errors.append(
          PipelineError(
            .configuration, "two sinks write to \(sink.id)", location: "--sink \(sink.id)",
            remedy: "Give each its own"))
      }
      if isDeterministic, let drop = sink.drop, drop != .none {
        errors.append(
          PipelineError(
            .configuration, "drop=\(drop.rawValue) contradicts --deterministic: what is dropped depends on the machine",
            location: "--sink \(sink.id)", remedy: "Leave out one of the two"))
      }
      if pace == .realtime, sink.drop == SinkSetting.Drop.none {
        errors.append(Self.waitingSink(sink))
      }
    }
    return errors
  }

  /// That a sink would hold up what comes as time goes.
  static func waitingSink(_ sink: SinkSetting) -> PipelineError {
    PipelineError(
      .configuration, "drop=none would hold the session up, and what comes as time goes does not wait",
      location: "--sink \(sink.id)", remedy: "Use drop=oldest or drop=newest, with a queue as long as it needs")
  }
}
