internal import BraidCore
import CScale

/// Parts of pictures.
extension PictureScaler {
  /// Checks that a part can be taken out of a frame.
  func check(_ region: PictureRegion, of frame: VideoFrame) throws(MediaError) {
    guard region.x >= 0, region.y >= 0, region.width > 0, region.height > 0,
      region.width <= frame.width - region.x, region.height <= frame.height - region.y
    else {
      throw MediaError(
        .invalidSetting,
        "the part of \(region.width) x \(region.height) at \(region.x), \(region.y) is not within the picture of "
          + "\(frame.width) x \(frame.height)", location: "scaler", remedy: "Give a part that is")
    }
    guard let format = unsafe av_pix_fmt_desc_get(AVPixelFormat(rawValue: frame.format.code)),
      unsafe format.pointee.flags & UInt64(AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL) == 0
    else {
      throw MediaError(
        .unsupportedConversion, "no part can be taken out of a picture of the format \(frame.format.name)",
        location: "scaler", remedy: "Convert the input to a common pixel format first, with ffmpeg for example.")
    }
  }

  /// Moves what the library is given of each plane to the part's first pixel.
  func moveToPart(_ region: PictureRegion, of frame: VideoFrame) {
    guard let format = unsafe av_pix_fmt_desc_get(AVPixelFormat(rawValue: frame.format.code))?.pointee else { return }
    // Bytes from one pixel to the next, for each plane: where luma and colour are in one, those of luma.
    var steps: InlineArray<4, Int> = .init(repeating: 0)
    let components = unsafe [format.comp.0, format.comp.1, format.comp.2, format.comp.3]
    for component in components.prefix(Int(unsafe format.nb_components)) {
      let plane = Int(component.plane)
      if (0..<4).contains(plane), steps[plane] == 0 { steps[plane] = Int(component.step) }
    }
    let hasPalette = unsafe format.flags & UInt64(AV_PIX_FMT_FLAG_PAL) != 0
    for plane in 0..<4 where !(hasPalette && plane == 1) {
      let isColour = plane == 1 || plane == 2
      let column = isColour ? region.x >> Int(unsafe format.log2_chroma_w) : region.x
      let row = isColour ? region.y >> Int(unsafe format.log2_chroma_h) : region.y
      movePlane(plane, by: row, column * steps[plane])
    }
  }
}
