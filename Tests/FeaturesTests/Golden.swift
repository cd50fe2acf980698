import BraidTestSupport
import Foundation
import Testing

/// Reference values made by tools/make_feature_goldens.py and tools/make_tone_goldens.py.
enum Golden {
  struct Missing: Error {
    let path: String
  }

  /// The floats of `Goldens/<name>.f32`. A missing file fails the test.
  static func floats(_ name: String) throws -> [Float] {
    let url = SharedData.packageRoot.appendingPathComponent("Tests/FeaturesTests/Goldens/\(name).f32")
    return try RawSound.samples(url.path)
  }
}

/// Little-endian 32-bit floats without a header: what FFmpeg calls f32le.
enum RawSound {
  /// The floats of a file.
  static func samples(_ path: String) throws -> [Float] {
    guard let data = FileManager.default.contents(atPath: path) else { throw Golden.Missing(path: path) }
    let bytes = [UInt8](data)
    return stride(from: 0, to: bytes.count - 3, by: 4).map { offset in
      let low = UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8
      return Float(bitPattern: low | UInt32(bytes[offset + 2]) << 16 | UInt32(bytes[offset + 3]) << 24)
    }
  }

  /// What a file of these floats holds.
  static func data(_ samples: [Float]) -> Data {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * samples.count)
    for sample in samples {
      let bits = sample.bitPattern
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    }
    return Data(bytes)
  }
}
