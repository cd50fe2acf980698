import BraidCore
import BraidSync

/// Streams written as text, and moments written as text.
///
/// A stream is a list of words. Times are in milliseconds.
/// - `v40` a picture, `a100+50` a block of sound from 100 to 150, `t10:hello` text, `t10+30:hello` text that stays 30,
///   `s10=2.5` a reading, `g100+50` a gap and a new epoch, `b200` a bound, `end` the end.
///
/// Sample `n` of the stream of sound (16 a millisecond) that lies at time `x` has the value `x` in milliseconds, so that a
/// window tells where it was cut.
struct Timeline {
  enum Step {
    case element(StreamElement)
    case bound(MediaTime)
    case end
  }

  var streams: [[Step]]

  init(_ streams: [String]) {
    self.streams = streams.map { text in
      var epoch = 0
      return text.split(separator: " ").compactMap { Self.step(String($0), &epoch) }
    }
  }

  static func time(_ milliseconds: Double) -> MediaTime { MediaTime(nanoseconds: Int64(milliseconds * 1e6)) }

  private static func step(_ word: String, _ epoch: inout Int) -> Step? {
    if word == "end" { return .end }
    let rest = word.dropFirst()
    let head = rest.prefix { $0 != ":" && $0 != "=" }
    let text = String(rest.dropFirst(head.count + 1))
    let numbers = head.split(separator: "+").compactMap { Double($0) }
    guard let first = numbers.first else { return nil }
    let start = time(first)
    let length = MediaDuration(nanoseconds: Int64((numbers.count > 1 ? numbers[1] : 0) * 1e6))
    switch word.first {
    case "v": return .element(.video(picture(start, epoch)))
    case "a": return .element(.audio(sound(start, Int(length.nanoseconds * 16 / 1_000_000), epoch)))
    case "t":
      return .element(.text(TextSegment(time: start, duration: length, captured: nil, epoch: epoch, text: text)))
    case "s":
      return .element(.sensor(SensorSample(time: start, captured: nil, epoch: epoch, values: [Double(text) ?? 0])))
    case "g":
      epoch += 1
      return .element(
        .gap(
          Gap(
            time: start, duration: length, epoch: epoch - 1, newEpoch: epoch, samples: 0, frames: 0,
            reason: .timestamps)))
    case "b": return .bound(start)
    default: return nil
    }
  }

  private static func picture(_ time: MediaTime, _ epoch: Int) -> VideoFrame {
    unsafe VideoFrame(
      time: time, duration: .zero, captured: nil, epoch: epoch, number: 0, width: 1, height: 1,
      format: PixelFormat(name: "gray", code: 8, planeCount: 1, hasByteLumaPlane: true, isFullRange: true),
      colorSpace: 2, planes: (.none, .none, .none, .none), byteCount: 1, owner: SampleBuffer(capacity: 1))
  }

  private static func sound(_ time: MediaTime, _ count: Int, _ epoch: Int) -> AudioBlock {
    let samples = SampleBuffer(capacity: 2 * count)
    unsafe samples.withUnsafeMutableSamples(2 * count) { buffer in
      // Two channels whose mean is the time.
      for index in 0..<count {
        let value = Float(time.nanoseconds) / 1e6 + Float(index) / 16
        unsafe buffer[2 * index] = value + 3
        unsafe buffer[2 * index + 1] = value - 3
      }
    }
    return AudioBlock(
      time: time, captured: nil, epoch: epoch, sampleRate: 16_000, channelCount: 2, frameCount: count,
      decodedFrames: 1, samples: samples)
  }
}

extension MomentAssembler {
  func feed(_ step: Timeline.Step, stream: Int, deadline: HostTime? = nil) {
    switch step {
    case .element(let element): feed(element, stream: stream, deadline: deadline)
    case .bound(let bound): advance(stream: stream, bound: bound)
    case .end: finish(stream: stream)
    }
  }

  /// Every moment that is complete now, as text: `40: picture 38 (-2), sound 16..<40`.
  func drain(now: HostTime = HostTime(nanoseconds: 0)) -> [String] {
    var lines: [String] = []
    while let moment = next(now: now) {
      let parts = members.indices.map { describe($0) }
      lines.append("\(milliseconds(moment.time)):\(moment.isLate ? " late" : "") \(parts.joined(separator: ", "))")
    }
    return lines
  }

  private func describe(_ index: Int) -> String {
    let state = members[index]
    let skew = state.skew.map { " (\(number($0.milliseconds)))" } ?? ""
    switch configuration.members[index] {
    case .sound:
      guard state.isPresent else { return "sound lacks \(state.missingSamples)" }
      return withSamples(ofMember: index) { "sound \(number(Double($0[0])))..\(number(Double($0[$0.count - 1])))" }
        + skew
    case .picture:
      return state.element.map { "picture \(milliseconds($0.time))" + skew } ?? "no picture"
    case .text:
      guard state.isPresent else { return "text missing" }
      guard case .text(let segment) = state.element else { return "no text" }
      return "'\(segment.text)' for \(number(state.age?.milliseconds ?? -1))"
    case .sensor:
      guard case .sensor(let sample) = state.element else { return "no reading" }
      return "reading \(number(sample.values[0])) for \(number(state.age?.milliseconds ?? -1))"
    }
  }

  private func milliseconds(_ time: MediaTime) -> String { number(time.seconds * 1000) }

  private func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
