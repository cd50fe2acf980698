internal import Glibc

extension Spelling {
  /// The name in a folder that is likeliest meant by a path there is nothing at; nil where none is near or the folder cannot be
  /// read.
  ///
  /// - Parameter path: of a file or folder.
  /// - Returns: the path with the other name.
  public static func guess(path: String) -> String? {
    let (folder, name) =
      path.lastIndex(of: "/").map { (String(path[...$0]), String(path[path.index(after: $0)...])) } ?? ("", path)
    guard let directory = unsafe opendir(folder.isEmpty ? "." : folder) else { return nil }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    // A folder with very many names is not searched to its end.
    while names.count < 10_000, let entry = unsafe readdir(directory) {
      let found = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !found.hasPrefix(".") { names.append(found) }
    }
    return guess(name, among: names).map { folder + $0 }
  }
}
