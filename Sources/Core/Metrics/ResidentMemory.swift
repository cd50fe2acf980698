import CPosix
import Glibc

/// The memory of this process that lies in the machine's, as Linux counts it.
public enum ResidentMemory {
  /// Begins to count the peak anew, after giving back what is free. Where the system does not allow it the peak stays
  /// that of the whole process.
  public static func resetPeak() {
    braid_release_free_memory()
    // proc(5): 5 resets the peak resident set size to the present one.
    guard let file = unsafe fopen("/proc/self/clear_refs", "w") else { return }
    unsafe fputs("5", file)
    unsafe fclose(file)
  }

  /// The largest resident set since the last `resetPeak()`, in bytes: `VmHWM` of proc(5).
  public static var peak: Int {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { unsafe free(line) }
    while unsafe getline(&line, &capacity, file) > 0, let text = unsafe line {
      let words = unsafe String(cString: text).split { $0 == " " || $0 == "\t" || $0 == "\n" }
      if words.first == "VmHWM:", words.count > 1 { return (Int(words[1]) ?? 0) * 1024 }
    }
    return 0
  }
}
