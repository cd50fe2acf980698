internal import Glibc

/// What Linux says of the processor.
public struct ProcessorFacts {
  /// `AMD EPYC`
  public var model = "unknown"
  /// The flags of the first core.
  public var flags: Set<String> = []

  /// Reads `/proc/cpuinfo`.
  public static var current: ProcessorFacts {
    var facts = ProcessorFacts()
    guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return facts }
    defer { unsafe fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { unsafe free(line) }
    while unsafe getline(&line, &capacity, file) > 0, let text = unsafe line {
      let fields = unsafe String(cString: text).split(separator: ":", maxSplits: 1)
      guard fields.count == 2 else { continue }
      let value = fields[1].filter { $0 != "\n" }.drop { $0 == " " }
      if fields[0].hasPrefix("model name") { facts.model = String(value) }
      if fields[0].hasPrefix("flags") {
        facts.flags = Set(value.split(separator: " ").map(String.init))
        break
      }
    }
    return facts
  }
}
