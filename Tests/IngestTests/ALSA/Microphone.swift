import BraidCore
import BraidTestSupport
import Glibc
import Testing

@testable import BraidIngest

/// An ALSA input under test with what it gave, checked against the test microphone's counter.
final class Microphone {
  /// A block as a test keeps it.
  struct Block {
    var time: MediaTime
    var captured: HostTime
    var epoch: Int
    var count: Int
    var channels: Int
    /// `[count, channels]`
    var samples: [Float]
  }

  private let settings: TestMicrophone.Settings
  let input: AlsaInput
  let start: HostTime
  private let ring: Ring
  private let ready = Signal()
  private(set) var blocks: [Block] = []
  private(set) var gaps: [Gap] = []
  private(set) var notices: [InputNotice] = []
  /// For each gap, how many samples of the device's clock are missing by its counter, modulo 32768.
  private(set) var missing: [Int] = []
  /// Places inside an epoch where the counter does not go on.
  private(set) var breaks = 0
  /// How many samples are missing there.
  private(set) var missingInside = 0
  private var counter: Int?
  private var pendingGap = false

  /// Opens and starts a test microphone.
  convenience init(_ device: TestMicrophone, options: String = "", live: LiveOptions = LiveOptions()) throws {
    try self.init(device.uri + options, device.settings, live: live)
  }

  /// Opens and starts any device; without a counter in `settings` nothing is counted.
  init(_ uri: String, _ settings: TestMicrophone.Settings, live: LiveOptions) throws {
    self.settings = settings
    let location = try #require(try DeviceLocation(uri))
    var inputOptions = InputOptions()
    inputOptions.live = live
    input = try AlsaInput.open(location, options: inputOptions, interruption: InputInterruption())
    ring = Ring(
      capacity: RingCapacity(elements: 4096, bytes: 64 << 20), policy: .dropOldest, ready: ready, space: input.wake)
    start = MonotonicClock().now
    input.start(rings: [0: ring], pace: .live(start: start), threadName: "braid-mic")
  }

  deinit {
    input.stop()
    input.join()
  }

  /// The ring's bound: nothing earlier will come.
  var bound: MediaTime { ring.bound }

  var hasEnded: Bool { ring.peek().isFinished }

  /// Takes what comes until `condition` holds, at most so many seconds. Returns whether it came to hold.
  @discardableResult
  func take(seconds: Double, until condition: () -> Bool = { false }) -> Bool {
    let deadline = MonotonicClock().now + MediaDuration(nanoseconds: Int64(seconds * 1e9))
    while true {
      let ticket = ready.ticket()
      while MonotonicClock().now < deadline, let element = ring.pop() { keep(element) }
      notices += input.takeNotices()
      if condition() { return true }
      let now = MonotonicClock().now
      if now >= deadline || hasEnded { return condition() }
      ready.wait(since: ticket, until: min(deadline, now + .milliseconds(50)))
    }
  }

  /// Ends the input and takes the rest. Returns how long stopping took.
  func finish() -> MediaDuration {
    let begun = MonotonicClock().now
    input.stop()
    input.join()
    let took = MonotonicClock().now - begun
    take(seconds: 1) { hasEnded }
    return took
  }

  private func keep(_ element: StreamElement) {
    switch element {
    case .gap(let gap):
      gaps.append(gap)
      pendingGap = true
    case .audio(let block):
      let samples = block.withSamples { span in
        unsafe [Float](unsafeUninitializedCapacity: span.count) { buffer, count in
          unsafe span.withUnsafeBufferPointer { source in _ = unsafe buffer.initialize(fromContentsOf: source) }
          count = span.count
        }
      }
      count(samples, block.channelCount)
      blocks.append(
        Block(
          time: block.time, captured: block.captured ?? HostTime(nanoseconds: 0), epoch: block.epoch,
          count: block.frameCount, channels: block.channelCount, samples: samples))
    default: break
    }
  }

  private func count(_ samples: [Float], _ channels: Int) {
    let channel = settings.counter
    guard channel >= 0, channel < channels else { return }
    for index in stride(from: channel, to: samples.count, by: channels) {
      let value = Int(samples[index] * 32768)
      if let counter, value != (counter + 1) & 0x7fff {
        let count = (value - counter - 1) & 0x7fff
        if pendingGap {
          missing.append(count)
        } else {
          breaks += 1
          missingInside += count
        }
      } else if pendingGap {
        missing.append(0)
      }
      pendingGap = false
      counter = value
    }
  }

  /// The samples delivered.
  var sampleCount: Int { blocks.reduce(0) { $0 + $1.count } }

  /// How much later than the truth, by the device's clock, the samples' capture times are: the error of every block's end.
  ///
  /// The device's clock shows sample `k` at `k / (rate * (1 + ppm / 10^6))` of CLOCK_MONOTONIC; the counter tells `k` but for a
  /// multiple of 32768, which is more than half a second.
  func timeErrors(sampleRate: Int) -> [Double] {
    let rate = Double(sampleRate) * (1 + settings.partsPerMillion * 1e-6)
    let turn = 32768 / rate
    return blocks.map { block in
      let last = Double(block.samples[block.samples.count - block.channels + settings.counter]) * 32768
      let error = (Double(block.captured.nanoseconds) / 1e9 - (last + 1) / rate).truncatingRemainder(dividingBy: turn)
      return error > turn / 2 ? error - turn : error
    }
  }
}
