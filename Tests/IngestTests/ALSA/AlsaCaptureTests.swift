import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Real capture through libasound from the test microphone, whose counter tells what is missing.
@Suite("Capture from a test microphone", .serialized, .timeLimit(.minutes(3)))
struct AlsaCaptureTests {
  /// How far a counted gap may be from the truth: a machine that runs other tests beside this one wakes threads late.
  private static let tolerance = 48

  private static func isExact(_ gap: Gap, _ missing: Int) -> Bool {
    let difference = abs((gap.samples - missing) % 32768)
    print("gap of \(gap.samples) samples, off by \(min(difference, 32768 - difference))")
    return min(difference, 32768 - difference) <= tolerance
  }

  @Test("Ten seconds of a fast device: no sample unaccounted, times right, drift seen")
  func steady() throws {
    var settings = TestMicrophone.Settings()
    settings.partsPerMillion = 500
    settings.granularity = 48
    let microphone = try Microphone(try TestMicrophone(settings))
    microphone.take(seconds: 12)
    let took = microphone.finish()
    #expect(took < .milliseconds(100))
    #expect(microphone.breaks == 0)
    let lost = microphone.gaps.reduce(0) { $0 + $1.samples }
    let counters = try #require(microphone.input.counters(stream: 0))
    #expect(counters.samples == microphone.sampleCount + lost)
    #expect(counters.samplesLostInGaps == lost)
    #expect(abs(Double(counters.samples) - 12 * 48024) < 24000)
    for (before, after) in zip(microphone.blocks, microphone.blocks.dropFirst()) where before.epoch == after.epoch {
      #expect(after.time - microphone.start(of: before.captured) == .zero)
    }
    let errors = microphone.timeErrors(sampleRate: 48000).dropFirst(100)
    let worst = errors.map(abs).max() ?? 1
    print("capture times are at most \(worst * 1000) ms off")
    #expect(worst < 0.005)
    let clock = try #require(microphone.input.clockEstimate(stream: 0))
    print("found \(clock.partsPerMillion ?? .nan) ppm, jitter \(clock.jitter.milliseconds) ms")
    #expect(clock.partsPerMillion.map { abs($0 - 500) < 60 } == true)
    #expect(microphone.notices.isEmpty)
    #expect(microphone.input.failure == nil)
  }

  @Test("Overruns: each is one gap with the samples that are missing, and time goes on")
  func overruns() throws {
    var settings = TestMicrophone.Settings()
    settings.partsPerMillion = -200
    let device = try TestMicrophone(settings)
    let microphone = try Microphone(device)
    for round in 1...4 {
      microphone.take(seconds: round == 1 ? 1.5 : 0.7)
      try device.send(round == 3 ? .freeze(700) : .overrun)
      #expect(microphone.take(seconds: 5) { microphone.missing.count == round })
    }
    microphone.take(seconds: 0.3)
    _ = microphone.finish()
    #expect(microphone.breaks == 0)
    #expect(microphone.gaps.count == 4)
    for (gap, missing) in zip(microphone.gaps, microphone.missing) {
      #expect(Self.isExact(gap, missing))
      #expect(gap.reason == .overrun)
      #expect(gap.newEpoch == gap.epoch + 1)
      #expect(abs(gap.duration.seconds - Double(gap.samples) / 48000) < 0.005)
    }
    #expect(microphone.gaps.count == 4 && microphone.gaps[2].samples > 24000)
    #expect((microphone.timeErrors(sampleRate: 48000).dropFirst(50).map(abs).max() ?? 1) < 0.005)
    #expect(microphone.notices.isEmpty)
  }

  @Test("A freeze that the buffer holds loses nothing; samples lost without a word are one gap")
  func lateAndMissing() throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    microphone.take(seconds: 1.5)
    try device.send(.freeze(250))
    microphone.take(seconds: 1)
    #expect(microphone.gaps.isEmpty)
    #expect(microphone.breaks == 0)
    try device.send(.skip(200))
    #expect(microphone.take(seconds: 5) { microphone.missing.count == 1 })
    microphone.take(seconds: 0.5)
    _ = microphone.finish()
    #expect(microphone.gaps.count == 1)
    let gap = try #require(microphone.gaps.first)
    // Where in its buffer the device lost them, nobody can tell: the gap is told before the block with the place in it.
    #expect(microphone.breaks <= 1)
    #expect(Self.isExact(gap, try #require(microphone.missing.first) + microphone.missingInside))
    #expect(abs(gap.samples - 9600) < 1500)
  }

  @Test("With resampling the samples are on the session's clock, over an overrun too, and none is unaccounted")
  func resampling() throws {
    var settings = TestMicrophone.Settings()
    settings.partsPerMillion = 500
    settings.counter = -1
    var live = LiveOptions()
    live.resamples = true
    let device = try TestMicrophone(settings)
    let microphone = try Microphone(device, options: "?rate=48000&channels=1", live: live)
    microphone.take(seconds: 9)
    try device.send(.overrun)
    #expect(microphone.take(seconds: 5) { microphone.gaps.count == 1 })
    microphone.take(seconds: 1)
    _ = microphone.finish()
    let counters = try #require(microphone.input.counters(stream: 0))
    let gap = try #require(microphone.gaps.first)
    #expect(counters.samples == microphone.sampleCount + gap.samples && counters.samplesLostInGaps == gap.samples)
    let run = microphone.blocks.filter { $0.epoch == 0 }
    let first = try #require(run.first)
    var position = 0
    for block in run {
      #expect(block.time == first.time + .samples(Int64(position), sampleRate: 48_000))
      position += block.count
      // When its last sample was captured, by the device's recovered clock, and by the count of samples.
      let counted = microphone.start + (block.time - .zero) + .samples(Int64(block.count), sampleRate: 48_000)
      if position > 4 * 48_000 { #expect((block.captured - counted).magnitude < .milliseconds(1)) }
    }
    #expect(gap.time >= first.time + .samples(Int64(position), sampleRate: 48_000) - .milliseconds(1))
    // The tone of 1000 Hz by the device's clock is one of 1000.5 Hz by the session's: half a turn in the last second.
    let samples = run.flatMap(\.samples)
    func phase(_ from: Int) -> Double {
      var (sine, cosine) = (0.0, 0.0)
      for index in from..<from + 4800 {
        let turn = 2 * Double.pi * Double(index % 48) / 48
        sine += Double(samples[index]) * sin(turn)
        cosine += Double(samples[index]) * cos(turn)
      }
      return atan2(cosine, sine) / (2 * .pi)
    }
    let turned = phase(position - 4800) - phase(position - 4800 - 48_000)
    #expect(abs(abs(turned) - 0.5) < 0.03, "\(turned) turns in a second")
  }

  @Test("A suspension that cannot be resumed is one gap")
  func suspension() throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    microphone.take(seconds: 0.7)
    try device.send(.suspend)
    #expect(microphone.take(seconds: 5) { microphone.missing.count == 1 })
    microphone.take(seconds: 0.2)
    _ = microphone.finish()
    #expect(microphone.gaps.map(\.reason) == [.overrun])
    #expect(Self.isExact(try #require(microphone.gaps.first), try #require(microphone.missing.first)))
    #expect(microphone.notices.isEmpty)
  }

  @Test("A hang is noticed, the device opened again, and what was missed is one gap")
  func hang() throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    microphone.take(seconds: 1)
    try device.send(.hang)
    #expect(microphone.take(seconds: 8) { microphone.missing.count == 1 })
    microphone.take(seconds: 0.3)
    _ = microphone.finish()
    let gap = try #require(microphone.gaps.first)
    #expect(microphone.gaps.count == 1)
    #expect(gap.reason == .unplug)
    #expect(Self.isExact(gap, try #require(microphone.missing.first)))
    #expect(gap.duration > .seconds(1))
    #expect(microphone.notices.map(\.kind) == [.disconnected, .reconnected])
    #expect(microphone.notices.last?.epoch == 1)
    #expect(microphone.breaks == 0)
  }

  @Test("Unplugged and plugged in again: one gap, a new epoch; nobody waits for it meanwhile")
  func replug() throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    microphone.take(seconds: 1)
    try device.plug(false)
    #expect(microphone.take(seconds: 3) { microphone.notices.map(\.kind) == [.disconnected] })
    microphone.take(seconds: 0.4)
    let before = microphone.bound
    microphone.take(seconds: 0.4)
    #expect(microphone.bound - before >= .milliseconds(200))
    try device.plug(true)
    #expect(microphone.take(seconds: 8) { microphone.missing.count == 1 })
    microphone.take(seconds: 0.3)
    _ = microphone.finish()
    #expect(microphone.gaps.map(\.reason) == [.unplug])
    #expect(Self.isExact(try #require(microphone.gaps.first), try #require(microphone.missing.first)))
    #expect(microphone.notices.map(\.kind) == [.disconnected, .reconnected])
    #expect(microphone.blocks.last?.epoch == 1)
    let counters = try #require(microphone.input.counters(stream: 0))
    #expect(counters.samples == microphone.sampleCount + counters.samplesLostInGaps)
  }

  @Test("A device that does not come back is lost for good after the attempts allowed")
  func lostForGood() throws {
    var live = LiveOptions()
    live.reconnectLimit = 3
    live.reconnectWait = .milliseconds(100)
    let device = try TestMicrophone()
    let microphone = try Microphone(device, live: live)
    microphone.take(seconds: 0.5)
    try device.plug(false)
    #expect(microphone.take(seconds: 5) { microphone.hasEnded })
    let failure = try #require(microphone.input.failure)
    #expect(failure.code == .lost)
    #expect(failure.cause == "No such device")
    #expect(microphone.gaps.map(\.reason) == [.unplug])
    let counters = try #require(microphone.input.counters(stream: 0))
    #expect(counters.samples == microphone.sampleCount + counters.samplesLostInGaps)
  }

  @Test("Stopping takes no time, whatever the device does", arguments: ["runs", "hangs", "is away", "was not started"])
  func stopping(_ state: String) throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    if state != "was not started" { microphone.take(seconds: 0.3) }
    if state == "hangs" { try device.send(.hang) }
    if state == "is away" { try device.plug(false) }
    microphone.take(seconds: state == "runs" ? 0 : 0.5)
    #expect(microphone.finish() < .milliseconds(150))
    #expect(microphone.hasEnded)
  }

  @Test("Digital silence is told, and its end")
  func mute() throws {
    let device = try TestMicrophone()
    let microphone = try Microphone(device)
    microphone.take(seconds: 0.3)
    try device.send(.silence(true))
    #expect(microphone.take(seconds: 14) { microphone.notices.map(\.kind) == [.muted] })
    try device.send(.silence(false))
    #expect(microphone.take(seconds: 3) { microphone.notices.map(\.kind) == [.muted, .unmuted] })
  }
}

extension Microphone {
  /// The session's time of a host time.
  func start(of time: HostTime) -> MediaTime { .zero + (time - start) }
}
