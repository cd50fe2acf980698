internal import FoundationEssentials
internal import Glibc

/// Finds the files of a job and names their results.
public enum BatchFiles {
  /// The extensions by which files of sound and pictures are known in folders, without the dot and in lower case.
  public static let extensions: Set<String> = [
    "3g2", "3gp", "aac", "ac3", "aif", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dts", "dv", "eac3", "f4v",
    "flac",
    "flv", "gif", "h264", "hevc", "ivf", "m2ts", "m2v", "m4a", "m4b", "m4v", "mj2", "mka", "mkv", "mov", "mp1", "mp2",
    "mp3", "mp4", "mpeg", "mpg", "mts", "mxf", "oga", "ogg", "ogv", "opus", "qt", "rm", "spx", "tak", "ts", "tta",
    "voc",
    "vob", "w64", "wav", "weba", "webm", "wma", "wmv", "wv", "y4m",
  ]

  /// The files that a job is about: those that were named, whatever they are called, and those with one of ``extensions`` in the
  /// folders that were named and in theirs. Hidden files and folders, and links to folders, are passed over. A file that is
  /// found twice counts once.
  ///
  /// - Parameter names: paths of files and folders.
  /// - Returns: the files in the order of `names`, those of a folder in the order of their paths; each has another result.
  /// - Throws: ``PipelineError/Code/configuration`` for what is no file, for a folder that cannot be read, and where there is no
  ///   file at all.
  public static func find(_ names: [String]) throws(PipelineError) -> [BatchFile] {
    var found: [(path: String, components: [String], depth: Int)] = []
    var seen: Set<String> = []
    func add(_ path: String, depth: Int) {
      let components = FilePath.absolute(path)
      guard seen.insert(components.joined(separator: "/")).inserted else { return }
      found.append((path, components, depth))
    }
    for name in names {
      if FilePath.isFolder(name) {
        for relative in try mediaFiles(in: name) {
          add(
            name.hasSuffix("/") ? name + relative : "\(name)/\(relative)", depth: relative.split(separator: "/").count)
        }
      } else {
        try check(name)
        add(name, depth: 1)
      }
    }
    guard !found.isEmpty else {
      throw PipelineError(
        .configuration, "there is no file of sound or pictures in \(names.joined(separator: ", "))", location: "--each",
        remedy: "In folders files are known by their extensions, such as .mp4 and .wav: name others themselves")
    }
    let results = results(found.map { ($0.components, $0.depth) })
    return zip(found, results).map { BatchFile(path: $0.path, result: $1) }
  }

  /// The names of results: as much of each path's end as it was found by, and of those that would be the same a folder more, until
  /// none is.
  static func results(_ files: [(components: [String], depth: Int)]) -> [String] {
    var depths = files.map(\.depth)
    while true {
      let names = zip(files, depths).map { $0.components.suffix($1).joined(separator: "/") }
      let groups = Dictionary(grouping: names.indices) { names[$0] }.values.filter { $0.count > 1 }
      var hasGrown = false
      for place in groups.joined() where depths[place] < files[place].components.count {
        depths[place] += 1
        hasGrown = true
      }
      if !hasGrown { return names.map { $0 + ".jsonl" } }
    }
  }

  /// Passes what is a file, and what is not there: that is told of the file when its turn comes.
  private static func check(_ name: String) throws(PipelineError) {
    var facts = stat()
    if unsafe stat(name, &facts) == 0 {
      if facts.st_mode & S_IFMT == S_IFREG { return }
    } else if name != "-", !name.prefix(while: { $0 != "/" }).contains(":") {
      return
    }
    throw PipelineError(
      .configuration, "'\(name.prefix(80))' is neither a file nor a folder", location: "--each",
      remedy: "Run devices, URLs, feeds and standard input one by one, without --each")
  }

  /// Paths, seen from the folder, of the media files in it and in its folders, in order.
  private static func mediaFiles(in folder: String) throws(PipelineError) -> [String] {
    var files: [String] = []
    var folders = [""]
    while let relative = folders.popLast() {
      let path = relative.isEmpty ? folder : "\(folder)/\(relative)"
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: path)
      } catch {
        throw PipelineError(
          .configuration, "the folder cannot be read", location: path, remedy: "Check its permissions, or leave it out",
          cause: unsafe String(cString: strerror(errno)))
      }
      for name in names where !name.hasPrefix(".") {
        let below = relative.isEmpty ? name : "\(relative)/\(name)"
        var facts = stat()
        guard unsafe lstat("\(folder)/\(below)", &facts) == 0 else { continue }
        if facts.st_mode & S_IFMT == S_IFDIR {
          folders.append(below)
        } else if let dot = name.lastIndex(of: "."), extensions.contains(name[name.index(after: dot)...].lowercased()) {
          // What a link leads to.
          if unsafe stat("\(folder)/\(below)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG { files.append(below) }
        }
      }
    }
    return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Refuses a job that would write over one of its own files: as a result, as one that is not complete, or as the journal.
  ///
  /// - Parameters:
  ///   - files: the job's files.
  ///   - folder: where results go.
  /// - Throws: ``PipelineError/Code/configuration``. Nothing has been written.
  public static func checkResults(of files: [BatchFile], in folder: String) throws(PipelineError) {
    var inputs: [[String]: String] = [:]
    var inputsByIdentity: [Identity: String] = [:]
    for file in files {
      inputs[FilePath.absolute(file.path)] = file.path
      if let identity = Identity(file.path) { inputsByIdentity[identity] = file.path }
    }
    let results = files.map { "\(folder)/\($0.result)" }
    for path in ["\(folder)/\(BatchJournal.name)"] + results + results.map({ $0 + BatchFile.partialSuffix }) {
      let input = inputs[FilePath.absolute(path)] ?? Identity(path).flatMap { inputsByIdentity[$0] }
      guard let input else { continue }
      throw PipelineError(
        .configuration, "the job would write over this file, which is one of its own", location: input,
        remedy: "Give another --output, or leave the file out")
    }
  }

  /// What a file is, by whatever path: its device and its number there.
  private struct Identity: Hashable {
    let device: dev_t
    let number: ino_t

    /// Nil where there is no file.
    init?(_ path: String) {
      var facts = stat()
      guard unsafe stat(path, &facts) == 0 else { return nil }
      (device, number) = (facts.st_dev, facts.st_ino)
    }
  }
}
