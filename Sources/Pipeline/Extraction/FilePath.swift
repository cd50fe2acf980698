internal import FoundationEssentials
internal import Glibc

/// What paths tell.
enum FilePath {
  /// The name of a file, or of what a URL leads to, without folders and its last extension; `stdin` for `-`.
  static func stem(_ input: String) -> String {
    if input == "-" { return "stdin" }
    let isURL = input.contains("://")
    let path = isURL ? String(input.prefix { $0 != "?" && $0 != "#" }) : input
    let name = path.split(separator: "/").last.map(String.init) ?? "input"
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return escaped(name) }
    return escaped(String(name[..<dot]))
  }

  /// A text as a part of a file's name: `/` and `:` become `_`.
  static func escaped(_ text: String) -> String { String(text.map { $0 == "/" || $0 == ":" ? "_" : $0 }) }

  static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes a folder where there is none.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  static func makeFolder(_ path: String) throws(PipelineError) {
    guard !isFolder(path), unsafe mkdir(path, 0o755) != 0 else { return }
    throw PipelineError(
      .outputFailed, "the folder cannot be made", location: path,
      remedy: "Choose a place in a folder that exists and that you may write",
      cause: unsafe String(cString: strerror(errno)))
  }

  /// Makes a folder and those that it is in, where there are none.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  static func makeFolders(_ path: String) throws(PipelineError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part
      try makeFolder(made)
      made += "/"
    }
  }

  /// The parts of what a path means from the root, without `.` and `..`.
  static func absolute(_ path: String) -> [String] {
    let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var components: [String] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = components.popLast() } else { components.append(String(part)) }
    }
    return components
  }
}
