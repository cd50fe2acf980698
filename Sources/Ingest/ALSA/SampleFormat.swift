import CALSA

/// How a device stores a sample. All little-endian.
enum SampleFormat: String, Hashable, Sendable, CaseIterable {
  /// 32-bit floating point, full scale at ±1.
  case float
  /// 32-bit whole numbers.
  case s32
  /// 24-bit whole numbers in the lower three bytes of four.
  case s24
  /// 24-bit whole numbers in three bytes.
  case s24Packed = "s24-packed"
  /// 16-bit whole numbers.
  case s16

  /// libasound's name of it.
  var alsa: snd_pcm_format_t {
    switch self {
    case .float: SND_PCM_FORMAT_FLOAT_LE
    case .s32: SND_PCM_FORMAT_S32_LE
    case .s24: SND_PCM_FORMAT_S24_LE
    case .s24Packed: SND_PCM_FORMAT_S24_3LE
    case .s16: SND_PCM_FORMAT_S16_LE
    }
  }

  /// FFmpeg's name of the codec that such samples are.
  var codec: String {
    switch self {
    case .float: "pcm_f32le"
    case .s32: "pcm_s32le"
    case .s24, .s24Packed: "pcm_s24le"
    case .s16: "pcm_s16le"
    }
  }

  /// Bytes of one sample.
  var byteCount: Int {
    switch self {
    case .float, .s32, .s24: 4
    case .s24Packed: 3
    case .s16: 2
    }
  }

  /// Turns samples into floats, full scale at ±1: whole numbers are divided by 2 to the power of their bits less one, exactly up
  /// to 24 bits. `bytes` holds `floats.count` samples. Allocates: no.
  @unsafe
  func convert(_ bytes: UnsafeRawPointer, to floats: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .float:
      for index in floats.indices {
        unsafe floats[index] = bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
      }
    case .s32:
      for index in floats.indices {
        let value = unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)
        unsafe floats[index] = Float(value) * 0x1p-31
      }
    case .s24:
      for index in floats.indices {
        let value = unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)
        unsafe floats[index] = Float((value << 8) >> 8) * 0x1p-23
      }
    case .s24Packed:
      for index in floats.indices {
        let low = unsafe Int32(bytes.loadUnaligned(fromByteOffset: index * 3, as: UInt16.self))
        let high = unsafe Int32(bytes.load(fromByteOffset: index * 3 + 2, as: Int8.self))
        unsafe floats[index] = Float(high << 16 | low) * 0x1p-23
      }
    case .s16:
      for index in floats.indices {
        let value = unsafe bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)
        unsafe floats[index] = Float(value) * 0x1p-15
      }
    }
  }
}
