internal import BraidCore
internal import Glibc

/// Writes samples into a WAVE file, each where its time is; what nothing is written to is silent.
///
/// An item's tag is the place of its first sample; its bytes are the rate, in four, and samples of 16-bit integers or 32-bit floats, of one
/// channel. The head has its lengths when the file ends; until then they say "unknown", which most readers take for "to the end of the file".
/// Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991); for floats its update of 1994.
final class WaveSink: SinkWriter {
  let fill = SinkFill()
  private let path: String
  private let format: SinkSetting.SampleFormat
  private var descriptor: Int32
  private var sampleRate: Int?
  /// Bytes of samples, those that are silent among them.
  private var dataBytes = 0
  /// What stands before the samples of an item.
  static let rateBytes = 4
  /// The lengths of a head have 32 bits.
  private static let limit = 0xffff_ff00

  /// Makes the file, or empties it.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(path: String, format: SinkSetting.SampleFormat) throws(PipelineError) {
    self.path = path
    self.format = format
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("cannot be opened for writing") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    for item in 0..<batch.count {
      let item = (
        bytes: batch.bytes[batch.start(of: item)..<batch.ends[item]], place: batch.tags[item]
      )
      if sampleRate == nil {
        sampleRate = item.bytes.prefix(Self.rateBytes).reversed().reduce(0) { $0 << 8 | Int($1) }
        try put(head(dataBytes: nil)[...], at: 0)
      }
      let bytes = item.bytes.dropFirst(Self.rateBytes)
      let start = Int(clamping: item.place).multipliedReportingOverflow(by: sampleBytes)
      guard !start.overflow, start.partialValue <= Self.limit - bytes.count else {
        throw PipelineError(
          .outputFailed, "a WAVE file holds 4 GB, and this one is full", location: path,
          remedy: "Write 16-bit samples, or shorter sessions")
      }
      try put(bytes, at: headBytes + start.partialValue)
      dataBytes = max(dataBytes, start.partialValue + bytes.count)
      channel.wrote(1, bytes: bytes.count)
    }
  }

  func finish(_ channel: SinkChannel) throws(PipelineError) {
    defer {
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
    guard sampleRate != nil else { return channel.note("\(path): there was no sound") }
    try put(head(dataBytes: dataBytes)[...], at: 0)
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else {
      throw failure("could not be written")
    }
  }

  /// Bytes of a sample.
  private var sampleBytes: Int { format == .s16 ? 2 : 4 }
  private var headBytes: Int { format == .s16 ? 44 : 58 }

  /// The file's head; lengths that are not known are the largest.
  private func head(dataBytes: Int?) -> [UInt8] {
    var head: [UInt8] = []
    func number(_ value: Int, _ bytes: Int) {
      for place in 0..<bytes { head.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }
    let rate = sampleRate ?? 0
    let isFloat = format == .f32
    head += "RIFF".utf8
    number(dataBytes.map { $0 + headBytes - 8 } ?? 0xffff_ffff, 4)
    head += "WAVEfmt ".utf8
    number(isFloat ? 18 : 16, 4)
    number(isFloat ? 3 : 1, 2)
    number(1, 2)
    number(rate, 4)
    number(rate * sampleBytes, 4)
    number(sampleBytes, 2)
    number(8 * sampleBytes, 2)
    if isFloat {
      number(0, 2)
      head += "fact".utf8
      number(4, 4)
      number((dataBytes ?? 0xffff_ffff) / sampleBytes, 4)
    }
    head += "data".utf8
    number(dataBytes ?? 0xffff_ffff, 4)
    return head
  }

  private func put(_ bytes: ArraySlice<UInt8>, at place: Int) throws(PipelineError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe pwrite(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written,
          off_t(place + written))
      }
      if count > 0 {
        written += count
      } else if errno != EINTR {
        throw failure("cannot be written")
      }
    }
  }

  private func failure(_ what: String) -> PipelineError {
    let error = errno
    return PipelineError(
      .outputFailed, "the file \(what)", location: path,
      remedy: error == ENOSPC || error == EDQUOT
        ? "Make room on the disk, or write elsewhere"
        : "Choose a regular file in a folder that exists and that you may write",
      cause: unsafe String(cString: strerror(error)))
  }
}

/// The sound that a model makes, on its way to a ``WaveSink``: which samples go where.
///
/// For the session's thread. Allocates: for each result.
struct WaveTimeline {
  private let format: SinkSetting.SampleFormat
  /// The model whose sound it is, and its stream.
  private var source: (model: String, stream: String)?
  private var sampleRate = 0
  private var begin = MediaTime.zero
  private var next: Int64 = 0
  // What differs by less from where the last samples ended is rounding.
  private static let tolerance = MediaDuration.milliseconds(2)

  init(_ format: SinkSetting.SampleFormat) { self.format = format }

  /// Gives the item for samples that begin at a time. Those of another model, stream or rate than the first are left out, which the
  /// result says.
  mutating func take(
    _ samples: [Float], sampleRate: Int, of model: String, _ stream: String, at time: MediaTime,
    _ give: ([UInt8], Int64) -> Void
  ) -> Bool {
    guard sampleRate > 0, sampleRate <= 0x7fff_ffff, !samples.isEmpty else { return true }
    if source == nil {
      source = (model, stream)
      self.sampleRate = sampleRate
      begin = time
    }
    guard source?.model == model, source?.stream == stream, sampleRate == self.sampleRate else {
      return false
    }
    let due = begin + .samples(next, sampleRate: sampleRate)
    if time > due + Self.tolerance {
      // Silence up to there.
      next = TimeBase(numerator: 1, denominator: Int64(sampleRate)).ticks(
        nanoseconds: (time - begin).nanoseconds)
    }
    give(bytes(samples), next)
    next += Int64(samples.count)
    return true
  }

  private func bytes(_ samples: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(WaveSink.rateBytes + samples.count * (format == .s16 ? 2 : 4))
    for place in 0..<WaveSink.rateBytes {
      bytes.append(UInt8(truncatingIfNeeded: sampleRate >> (8 * place)))
    }
    for sample in samples {
      switch format {
      case .s16:
        let scaled = sample.isFinite ? max(-32768, min(32767, (sample * 32768).rounded())) : 0
        let value = UInt16(bitPattern: Int16(scaled))
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
      case .f32:
        let value = sample.bitPattern
        for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * place))) }
      }
    }
    return bytes
  }
}
