internal import CKernels

/// The mean brightness of a picture (`luma`): 0 black to 1 white.
public enum LumaMean {
  /// The mean of a picture's luma over 255.
  ///
  /// - Parameters:
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  /// - Returns: 0 to 1.
  /// - Precondition: `luma` holds `width * height` bytes.
  public static func value(_ luma: Span<UInt8>, width: Int, height: Int) -> Float {
    LumaBlocks.check(luma, width, height)
    let sum = unsafe luma.withUnsafeBufferPointer { bytes -> UInt64 in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe braid_sum_u8(base, width * height)
    }
    return Float(Double(sum) / (Double(width * height) * 255))
  }
}
