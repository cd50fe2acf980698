internal import BraidCore
internal import Glibc

/// Where a model lies that the user calls by a path or a name.
public enum ModelLocation {
  /// The path of the model that the user calls `name`.
  ///
  /// - Parameters:
  ///   - name: a path, or the name of something in one of `folders`.
  ///   - folders: where names are looked for, in this order.
  /// - Returns: an existing path.
  /// - Throws: ``PipelineError`` `model-not-found`.
  public static func path(of name: String, folders: [String]) throws(PipelineError) -> String {
    if unsafe access(name, F_OK) == 0 { return name }
    if !name.contains("/") {
      for folder in folders where unsafe access("\(folder)/\(name)", F_OK) == 0 { return "\(folder)/\(name)" }
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
