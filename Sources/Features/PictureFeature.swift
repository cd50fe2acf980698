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
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  ///   - time: when it is shown.
  ///   - row: called with `dimension` values, which are valid during the call.
  /// - Precondition: `luma` holds `width * height` bytes.
  func push(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime, row: (Span<Float>) -> Void)

  /// Forgets all pictures. For gaps and new epochs.
  func reset()
}
