public import BraidCore
internal import CKernels

/// How colourful a picture is (`colourfulness`), as Hasler and Süsstrunk measure it ("Measuring colourfulness in natural
/// images", 2003): 0 gray, 15 slightly, 33 moderately, 59 quite, 109 extremely.
///
/// `sqrt(var(rg) + var(yb)) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2)` with `rg = R - G` and `yb = (R + G) / 2 - B`, levels of 0 to
/// 255. Both are linear in Cb and Cr alone, whatever the luma:
/// `R - Y = 2 (1 - r) Cr`, `B - Y = 2 (1 - b) Cb`, `G - Y = -(r (R - Y) + b (B - Y)) / g` with the shares `r`, `g`, `b` of luma.
/// So means and variances come from sums of whole numbers, and colours outside of red, green and blue are not clipped.
public final class Colourfulness: PictureFeature {
  static let definition = FeatureDefinition(
    "colourfulness", unit: "levels of 255", "colourfulness of each picture by Hasler and Süsstrunk (2003)",
    maker: .picture { _ throws(FeatureError) in Colourfulness() })

  /// 1.
  public let dimension = 1
  private let value = AlignedFloats(count: 1)

  /// A feature of each picture by itself.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    var sums = braid_chroma_moments()
    unsafe format.withPlanes(planes) { _, cb, cr in
      unsafe braid_chroma_moments_u8(cb, cr, format.pixelCount, &sums)
    }
    let count = Double(format.pixelCount)
    let (red, blue) = (format.matrix.red, format.matrix.blue)
    let green = 1 - red - blue
    // Of one step of Cb or Cr: what it adds to red, green and blue.
    let redOfCr = 2 * (1 - red)
    let blueOfCb = 2 * (1 - blue)
    let greenOfCr = -red * redOfCr / green
    let greenOfCb = -blue * blueOfCb / green
    let rg = (cb: -greenOfCb, cr: redOfCr - greenOfCr)
    let yb = (cb: greenOfCb / 2 - blueOfCb, cr: (redOfCr + greenOfCr) / 2)

    let meanCb = Double(sums.cb) / count
    let meanCr = Double(sums.cr) / count
    let varianceCb = Double(sums.cb_squares) / count - meanCb * meanCb
    let varianceCr = Double(sums.cr_squares) / count - meanCr * meanCr
    let covariance = Double(sums.products) / count - meanCb * meanCr
    func mean(_ weights: (cb: Double, cr: Double)) -> Double {
      weights.cb * (meanCb - 128) + weights.cr * (meanCr - 128)
    }
    func variance(_ weights: (cb: Double, cr: Double)) -> Double {
      weights.cb * weights.cb * varianceCb + weights.cr * weights.cr * varianceCr
        + 2 * weights.cb * weights.cr * covariance
    }
    let spread = max(0, variance(rg) + variance(yb)).squareRoot()
    let strength = (mean(rg) * mean(rg) + mean(yb) * mean(yb)).squareRoot()
    unsafe value.base[0] = Float(spread + 0.3 * strength)
    value.withSpan(1, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
