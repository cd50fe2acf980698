internal import BraidCore
internal import BraidInference

/// Where a model lies that the user calls by a path or a name.
public enum ModelLocation {
  /// The path of the model that the user calls `name`.
  ///
  /// - Parameters:
  ///   - name: a path, or the name of something in one of `folders`, without `.braidmodel`; either may be followed by a slash
  ///     and the name of a variant of the package there.
  ///   - folders: where names are looked for, in this order.
  /// - Returns: a path that `ModelPackage.open` finds something at.
  /// - Throws: ``PipelineError`` `model-not-found`.
  public static func path(of name: String, folders: [String]) throws(PipelineError) -> String {
    if ModelPackage.exists(at: name) { return name }
    if !name.hasPrefix("/"), !name.hasPrefix(".") {
      let first = name.prefix { $0 != "/" }
      for folder in folders {
        let packed = "\(folder)/\(first).braidmodel\(name.dropFirst(first.count))"
        for path in ["\(folder)/\(name)", packed] where ModelPackage.exists(at: path) { return path }
      }
    }
    let places = folders.isEmpty ? "" : " nor a model of that name in \(folders.joined(separator: ", "))"
    let installed = folders.lazy.compactMap { folder in
      Spelling.guess(path: "\(folder)/\(name)").map { String($0.dropFirst(folder.count + 1)) }
    }
    let guess = Spelling.guess(path: name) ?? installed.first
    throw PipelineError(
      .modelNotFound, "there is no such file or folder\(places)", location: name,
      remedy: guess.map { "Did you mean '\($0)'?" }
        ?? "Check the path; `braid doctor` shows where models are looked for")
  }
}
