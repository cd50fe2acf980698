import BraidCore
import BraidMedia
import CFFmpeg

/// The samples of a decoded frame of sound as interleaved floats, whatever its format. Allocates: no, in the steady state.
struct FrameSamples: ~Copyable {
  /// What was converted last, `[count, channels]`.
  let buffer = SampleBuffer(capacity: 8192)
  private var converter: SampleFormatConverter?
  private var input: (format: Int32, channels: Int)?

  init() {}

  /// Converts a frame's samples into ``buffer``. False when they cannot be converted.
  @unsafe
  mutating func convert(_ frame: UnsafeMutablePointer<AVFrame>, count: Int, channels: Int) -> Bool {
    let format = unsafe frame.pointee.format
    do throws(MediaError) {
      if input?.format != format || input?.channels != channels {
        input = nil
        converter = try SampleFormatConverter(format: format, channelCount: channels)
        input = (format, channels)
      }
      buffer.reserve(count * channels)
      guard let planes = unsafe frame.pointee.extended_data else { return false }
      return unsafe try buffer.withUnsafeMutableSamples(count * channels) { target throws(MediaError) in
        guard let base = target.baseAddress else { return false }
        unsafe try converter?.convert(planes, frameCount: count, into: base)
        return true
      }
    } catch {
      input = nil
      return false
    }
  }
}
