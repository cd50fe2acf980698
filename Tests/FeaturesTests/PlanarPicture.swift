import BraidCore
import BraidFeatures
import BraidTestSupport
import Foundation

/// A picture as features of pictures take it.
struct PlanarPicture {
  var format: PictureFormat
  var planes: [UInt8]

  /// Planes as they are.
  init(_ format: PictureFormat, _ planes: [UInt8]) {
    self.format = format
    self.planes = planes
  }

  /// A picture by what each of its pixels is.
  init(_ width: Int, _ height: Int, _ pixel: (_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8)) {
    format = PictureFormat(width: width, height: height)
    let pixels = (0..<(width * height)).map { pixel($0 % width, $0 / width) }
    planes = pixels.map { $0.0 } + pixels.map { $0.1 } + pixels.map { $0.2 }
  }

  /// A gray picture by the luma of each of its pixels.
  init(luma width: Int, _ height: Int, _ pixel: (_ x: Int, _ y: Int) -> UInt8) {
    self.init(width, height) { x, y in (pixel(x, y), 128, 128) }
  }

  /// The golden pictures of a size.
  static func goldens(_ width: Int, _ height: Int, matrix: ColourMatrix = .bt601) throws -> [PlanarPicture] {
    let name = "Tests/FeaturesTests/Goldens/Pictures/planes-\(width)x\(height).u8"
    let url = SharedData.packageRoot.appendingPathComponent(name)
    guard let data = FileManager.default.contents(atPath: url.path) else { throw Golden.Missing(path: url.path) }
    let format = PictureFormat(width: width, height: height, matrix: matrix)
    let count = 3 * format.pixelCount
    return (0..<(data.count / count)).map { PlanarPicture(format, Array(data[($0 * count)..<(($0 + 1) * count)])) }
  }
}

/// The rows that a feature gives for pictures, one every `milliseconds`; nil where a picture has none.
func rows(_ feature: any PictureFeature, _ pictures: [PlanarPicture], milliseconds: Int64 = 40) -> [[Float]?] {
  pictures.enumerated().map { index, picture in
    var values: [Float]?
    let time = MediaTime(nanoseconds: Int64(index) * milliseconds * 1_000_000)
    feature.push(picture.planes.span, format: picture.format, time: time) { row in
      values = (0..<row.count).map { row[$0] }
    }
    return values
  }
}
