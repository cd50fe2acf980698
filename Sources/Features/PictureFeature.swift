public import BraidCore

/// A feature computed from pictures, one after the other, at one small size.
///
/// Rows depend on the pictures and their times alone. One thread at a time; allocates: only when the size changes.
public protocol PictureFeature: AnyObject {
  /// Values in a row.
  var dimension: Int { get }

  /// Takes the next picture and hands its row to `row`, if it has one: what is a difference has none for the first.
  ///
  /// - Parameters:
  ///   - planes: `[3, height, width]` bytes, rows without padding: luma, Cb, Cr, full range, 128 for no colour.
  ///   - format: how large it is and what its chroma means.
  ///   - time: when it is shown.
  ///   - row: called with `dimension` values, which are valid during the call.
  /// - Precondition: `planes` holds `3 * width * height` bytes.
  func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void)

  /// Forgets all pictures. For gaps and new epochs.
  func reset()
}

/// How the planes of a picture are to be read.
public struct PictureFormat: Hashable, Sendable {
  /// Pixels across, at least 1.
  public let width: Int
  /// Pixels down, at least 1.
  public let height: Int
  /// What chroma means.
  public let matrix: ColourMatrix

  /// `width` by `height` pixels, each at least 1.
  public init(width: Int, height: Int, matrix: ColourMatrix = .bt601) {
    precondition(width > 0 && height > 0, "a picture has pixels")
    self.width = width
    self.height = height
    self.matrix = matrix
  }

  /// Pixels of a plane.
  public var pixelCount: Int { width * height }

  /// Calls `body` with the three planes, `pixelCount` bytes each.
  func withPlanes<R>(
    _ planes: Span<UInt8>, _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>) -> R
  ) -> R {
    precondition(planes.count / 3 / width >= height, "the planes are smaller than their picture")
    return unsafe planes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { preconditionFailure("a picture has pixels") }
      return unsafe body(base, base + pixelCount, base + 2 * pixelCount)
    }
  }
}

/// How luma and chroma were made of red, green and blue: `Y = red R + green G + blue B`, where the three add up to 1.
public struct ColourMatrix: Hashable, Sendable {
  /// Red's share of luma.
  public let red: Double
  /// Blue's share of luma.
  public let blue: Double

  /// BT.601, and what names no matrix.
  public static let bt601 = ColourMatrix(red: 0.299, blue: 0.114)
  /// BT.709.
  public static let bt709 = ColourMatrix(red: 0.2126, blue: 0.0722)
  /// BT.2020.
  public static let bt2020 = ColourMatrix(red: 0.2627, blue: 0.0593)
  /// The FCC's of 1953.
  public static let fcc = ColourMatrix(red: 0.30, blue: 0.11)
  /// SMPTE 240M.
  public static let smpte240m = ColourMatrix(red: 0.212, blue: 0.087)

  /// The matrix that a code of ITU-T H.273 stands for, which FFmpeg's `enum AVColorSpace` follows; BT.601 for codes
  /// that name none.
  public init(code: Int32) {
    switch code {
    case 1: self = .bt709
    case 4: self = .fcc
    case 7: self = .smpte240m
    case 9, 10: self = .bt2020
    default: self = .bt601
    }
  }

  private init(red: Double, blue: Double) {
    self.red = red
    self.blue = blue
  }
}
