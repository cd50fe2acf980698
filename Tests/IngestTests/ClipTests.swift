import BraidCore
import BraidIngest
import BraidTestSupport
import Testing

@Suite("Real clips", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(5)))
struct ClipTests {
  static let clips = [
    "bbb_0_30.webm", "bbb_2500ms.ts", "cursed-vfr.mp4", "faces_speech_h264_aac.mp4", "faces_speech_ptswrap.ts",
    "intel_asl_hungry.mkv", "intel_faces_two_preview.gif", "jfk.wav", "jfk_ortext.flac", "nasa_13013.mp4",
    "sample_with_overlapping_srt.mkv", "silero_test.wav", "yes_1000ms.wav",
  ]

  @Test("Counts and stamps are ffprobe's", arguments: clips)
  func countsAndStamps(_ clip: String) throws {
    let path = SharedData.media(clip)
    var options = InputOptions()
    options.decoderThreads = 2
    let session = try Session.run(path, options)
    #expect(session.failure == nil)
    let origin = session.description.origin - MediaTime.zero
    for stream in session.description.streams where stream.isSelected {
      let counters = try #require(session.counters[stream.index])
      #expect(counters.frames == (try Tool.frameCount(path, stream: stream.index)), "\(clip) stream \(stream.index)")
      #expect(counters.decodeErrors == 0)
      let taken = session.frames(stream.index)
      switch stream.kind {
      case .video:
        let expected = try Tool.frames(path, stream: stream.index).map { $0.stamp.map(stream.timeBase.nanoseconds) }
        #expect(taken.map { Optional(($0.time + origin).nanoseconds) } == expected)
        #expect(counters.stampsMissing == 0 && counters.stampsBackward == 0)
        #expect(counters.lastTime == taken.last?.time)
      case .audio:
        let frames = try Tool.frames(path, stream: stream.index)
        #expect(counters.samples == frames.reduce(0) { $0 + $1.samples })
        #expect(taken.reduce(0) { $0 + $1.samples } == counters.samples)
        #expect(taken.reduce(0) { $0 + $1.decodedFrames } == counters.frames)
        try checkSound(frames, session, stream)
      default: #expect(taken.count == counters.frames)
      }
      for (one, next) in zip(taken, taken.dropFirst()) where stream.kind != .text { #expect(one.time < next.time) }
    }
  }

  /// Every codec frame's time by the blocks is its stamp within max(2 ticks, 10 ms), but for the counted frames whose stamp
  /// alone was off.
  private func checkSound(_ frames: [Tool.Frame], _ session: Session, _ stream: StreamDescription) throws {
    var position = 0
    var worst: Int64 = 0
    var outlying = 0
    let tolerance = max(stream.timeBase.tick.nanoseconds * 2, 10_000_000)
    let blocks = session.frames(stream.index)
    var starts: [(first: Int, time: MediaTime, rate: Int)] = []
    for block in blocks {
      guard case .audio(let samples, _, let rate, _) = block.content else { continue }
      starts.append((position, block.time, rate))
      position += samples
    }
    position = 0
    var block = 0
    for frame in frames {
      while block + 1 < starts.count, starts[block + 1].first <= position { block += 1 }
      let start = starts[block]
      let time = start.time + .samples(Int64(position - start.first), sampleRate: start.rate)
      if let stamp = frame.stamp {
        let expected = stream.timeBase.nanoseconds(stamp) - session.description.origin.nanoseconds
        let departure = abs(time.nanoseconds - expected)
        if departure > tolerance { outlying += 1 } else { worst = max(worst, departure) }
      }
      position += frame.samples
    }
    print(
      "\(session.description.uri.split(separator: "/").last ?? "") stream \(stream.index): worst sound departure",
      "\(worst) ns, tick \(stream.timeBase.tick.nanoseconds) ns, gaps \(session.gaps(stream.index).count), outlying \(outlying)"
    )
    #expect(outlying == session.counters[stream.index]?.stampsOutlying)
  }
}
