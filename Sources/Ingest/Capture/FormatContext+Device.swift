import BraidCore
import BraidMedia
import CFFmpeg
import Glibc

extension FormatContext {
  /// Opens a capture device or a generator of libavdevice. Nothing is read; what its streams are is known all the same.
  ///
  /// libavdevice's readers are looked up here and never registered, so that no file, playlist or URL can reach a device.
  ///
  /// - Parameters:
  ///   - reader: libavdevice's name of its reader: `v4l2`, `x11grab`, `lavfi`.
  ///   - url: what the reader is given.
  ///   - settings: the reader's options.
  ///   - options: the limit on allocations.
  ///   - interruption: nothing asks it, as these readers do not block for long.
  ///   - location: what errors name.
  /// - Throws: an error by the reader's status, with no more than that known.
  init(
    device reader: String, url: String, settings: consuming Options, options: InputOptions,
    interruption: InputInterruption, location: String
  ) throws(IngestError) {
    LibraryLog.silence()
    av_max_alloc(max(1 << 20, options.limits.allocationBytes))
    guard let format = unsafe Self.deviceReader(reader) else {
      throw IngestError(
        .unsupportedCodec, "this build of FFmpeg has no '\(reader)'", location: location,
        remedy: "Install Debian's libavdevice, or another that has it.")
    }
    guard let context = unsafe avformat_alloc_context() else {
      throw FFmpegCall.error(-ENOMEM, "open the device", location: location)
    }
    // Only v4l2 heeds it: a device that gives nothing must not hold its reader.
    unsafe context.pointee.flags |= AVFMT_FLAG_NONBLOCK
    var opened: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    let status = unsafe settings.lend { unsafe avformat_open_input(&opened, url, format, $0) }
    guard status >= 0, let pointer = unsafe opened else {
      throw FFmpegCall.error(status, "open it", location: location)
    }
    unsafe self.init(pointer, InputDeadline(interruption))
  }

  /// libavdevice's reader of this name; its list holds all names that a reader has, with commas between.
  private static func deviceReader(_ name: String) -> UnsafePointer<AVInputFormat>? {
    var format = unsafe braid_next_device_reader(nil)
    while let candidate = unsafe format {
      let names = unsafe FFmpegCall.string(candidate.pointee.name).split(separator: ",")
      if names.contains(where: { $0 == name }) { return unsafe candidate }
      unsafe format = braid_next_device_reader(candidate)
    }
    return nil
  }
}
