import BraidCore
import CScale

/// Turns a decoder's samples of any format, planar or not, into interleaved 32-bit floats at the same rate and channels.
///
/// Integers of n bits are divided by 2^(n-1). Wraps libswresample. One owner, one thread. Allocates: only in `init`.
@safe
package struct SampleFormatConverter: ~Copyable {
  private var context: OpaquePointer?
  /// FFmpeg's number of the input's format (`enum AVSampleFormat`).
  package let format: Int32
  /// Channels, 1 to 64.
  package let channelCount: Int

  /// A converter from `format` with `channelCount` channels.
  package init(format: Int32, channelCount: Int) throws(MediaError) {
    guard (1...64).contains(channelCount) else {
      throw MediaError(
        .unsupportedConversion, "\(channelCount) channels of sound are not supported", location: "sample converter",
        remedy: "Reduce the sound to at most 64 channels.")
    }
    LibraryLog.silence()
    let made = unsafe try Self.makeContext(format: format, channelCount: channelCount)
    self.format = format
    self.channelCount = channelCount
    unsafe context = made
  }

  deinit {
    var context = unsafe context
    unsafe swr_free(&context)
  }

  /// Converts `frameCount` samples a channel.
  ///
  /// - Parameters:
  ///   - planes: one pointer for interleaved input, one a channel for planar input.
  ///   - frameCount: samples in each channel.
  ///   - destination: room for `frameCount * channelCount` floats.
  /// - Throws: ``MediaError/Code/conversionFailed``.
  @unsafe
  package mutating func convert(
    _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, frameCount: Int,
    into destination: UnsafeMutablePointer<Float>
  ) throws(MediaError) {
    var target: UnsafeMutablePointer<UInt8>? = unsafe UnsafeMutableRawPointer(destination).assumingMemoryBound(
      to: UInt8.self)
    let count = unsafe withUnsafeMutablePointer(to: &target) { target in
      unsafe planes.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 1) { planes in
        unsafe swr_convert(context, target, Int32(clamping: frameCount), planes, Int32(clamping: frameCount))
      }
    }
    guard Int(count) == frameCount else {
      throw MediaError(
        .conversionFailed, "\(count) of \(frameCount) samples were converted", location: "sample converter",
        status: min(0, count))
    }
  }

  private static func makeContext(format: Int32, channelCount: Int) throws(MediaError) -> OpaquePointer? {
    var source = unsafe AVChannelLayout()
    var target = unsafe AVChannelLayout()
    unsafe av_channel_layout_default(&source, Int32(channelCount))
    unsafe av_channel_layout_default(&target, Int32(channelCount))
    var made: OpaquePointer?
    // The rate does not matter: it is the same on both sides.
    var status = unsafe swr_alloc_set_opts2(
      &made, &target, AV_SAMPLE_FMT_FLT, 48000, &source, AVSampleFormat(rawValue: format), 48000, 0, nil)
    if status >= 0 { status = unsafe swr_init(made) }
    guard status >= 0 else {
      unsafe swr_free(&made)
      throw MediaError(
        .unsupportedConversion, "samples of format \(format) cannot be read", location: "sample converter",
        status: status)
    }
    return unsafe made
  }
}
