/// One decoded picture: where its planes lie, and who keeps them alive.
///
/// The pixels are not copied on the way from the decoder; `owner` holds them, and copies of this value share them.
/// They are read-only for everybody. Allocates: no.
@safe
public struct VideoFrame: @unchecked Sendable {
  // SAFETY: the planes are never written after the frame was made, and `owner` keeps them alive.

  /// One plane of samples.
  @unsafe
  public struct Plane: @unchecked Sendable {
    // SAFETY: a pointer to bytes that nobody writes; the frame's owner keeps them alive.

    /// The first byte of the first row.
    public let base: UnsafeRawPointer?
    /// Bytes from one row to the next; negative for pictures stored upside down.
    public let stride: Int

    /// A plane at `base`.
    public init(base: UnsafeRawPointer?, stride: Int) {
      unsafe self.base = unsafe base
      unsafe self.stride = stride
    }

    /// A plane that is not there.
    public static let none = unsafe Plane(base: nil, stride: 0)
  }

  /// Presentation time.
  public var time: MediaTime
  /// How long the picture is shown; zero when unknown.
  public var duration: MediaDuration
  /// When it was captured, on the session's clock; nil where time is media time alone (files at fast pace).
  public var captured: HostTime?
  /// The run of continuous time it belongs to.
  public var epoch: Int
  /// Its number among all that were decoded of its stream, also those that were left out, from 0.
  public let number: Int
  /// Pixels across, at least 1.
  public let width: Int
  /// Pixels down, at least 1.
  public let height: Int
  /// How the planes are to be read.
  public let format: PixelFormat
  /// FFmpeg's colour matrix (`enum AVColorSpace`), which Media hands back to libswscale; 2 where unspecified.
  public let colorSpace: Int32
  /// The planes, by position; unused ones are ``Plane/none``.
  public let planes: (Plane, Plane, Plane, Plane)
  /// Bytes of pixels that the frame keeps alive.
  public let byteCount: Int
  /// Keeps the planes alive.
  public let owner: AnyObject

  /// A frame over planes that `owner` keeps alive and that nobody writes any more.
  public init(
    time: MediaTime, duration: MediaDuration, captured: HostTime?, epoch: Int, number: Int, width: Int,
    height: Int, format: PixelFormat, colorSpace: Int32, planes: (Plane, Plane, Plane, Plane), byteCount: Int,
    owner: AnyObject
  ) {
    self.time = time
    self.duration = duration
    self.captured = captured
    self.epoch = epoch
    self.number = number
    self.width = width
    self.height = height
    self.format = format
    self.colorSpace = colorSpace
    unsafe self.planes = planes
    self.byteCount = byteCount
    self.owner = owner
  }
}
