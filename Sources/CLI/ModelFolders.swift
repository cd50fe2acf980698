import Glibc

/// Where models are looked for by name.
enum ModelFolders {
  /// The folders of `BRAID_MODELS` (with colons between), then `share/braid/models` beside the program's own folder.
  static var all: [String] {
    var folders: [String] = []
    if let variable = unsafe getenv("BRAID_MODELS") {
      folders += unsafe String(cString: variable).split(separator: ":").map(String.init)
    }
    if let program = programPath {
      let parts = program.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
      folders.append(parts.joined(separator: "/") + "/share/braid/models")
    }
    return folders
  }

  private static var programPath: String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let count = unsafe readlink("/proc/self/exe", base, 4095)
      guard count > 0 else { return nil }
      unsafe buffer[count] = 0
      return unsafe String(cString: base)
    }
  }
}
