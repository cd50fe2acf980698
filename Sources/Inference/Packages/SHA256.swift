internal import CKernels

/// SHA-256 (FIPS 180-4), in lower-case hexadecimal digits.
enum SHA256 {
  /// The digest of bytes. By the processor's own instructions where it has them.
  static func digest(_ bytes: [UInt8], isPortable: Bool = false) -> String {
    var state = [UInt32](repeating: 0, count: 8)
    var digest = [UInt8](repeating: 0, count: 32)
    let whole = bytes.count / 64
    unsafe braid_sha256_begin(&state)
    unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe braid_sha256_blocks(&state, bytes.baseAddress, whole, isPortable ? 1 : 0)
      let rest = unsafe UnsafeBufferPointer(rebasing: bytes[(whole * 64)...])
      unsafe braid_sha256_end(&state, rest.baseAddress, rest.count, UInt64(bytes.count), &digest)
    }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Whether a text is a digest: 64 hexadecimal digits.
  static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
  }
}
