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
    guard let data = FileManager.default.contents(atPath: url.path) else { throw Missing(path: url.path) }
    return stride(from: 0, to: data.count - 3, by: 4).map { offset in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[offset + $1]) << UInt32(8 * $1) }
      return Float(bitPattern: bits)
    }
  }
}
