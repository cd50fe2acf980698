internal import CPosix
internal import Glibc

/// What a record says of the machine and the process.
enum HostFacts {
  /// The machine's name.
  static var hostName: String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, unsafe gethostname(base, 255) == 0 else { return "localhost" }
      unsafe buffer[255] = 0
      return unsafe String(cString: base)
    }
  }

  /// The largest resident set so far, in bytes.
  static var peakResidentBytes: Int64 { braid_peak_resident_bytes() }

  /// A random UUID (version 4), in lower case.
  static func newIdentifier() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      let digits = String(byte, radix: 16)
      text += digits.count == 1 ? "0" + digits : digits
    }
    return text
  }
}
