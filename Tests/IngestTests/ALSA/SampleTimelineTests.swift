import BraidCore
import BraidTestSupport
import Testing

@testable import BraidIngest

/// A device on a clock of its own, seen as libasound would show it: no real time passes.
private struct SimulatedDevice {
  var rate: Double
  var granularity: Int64 = 1
  /// How late an observation may be taken, in seconds.
  var wakeLatency = 20e-6...60e-6
  var generator = SeededGenerator(seed: 7)
  /// Host seconds now.
  var now = 100.0
  /// The clock's sample at which the run began, and how many of the run were read or skipped.
  var first: Int64 = 0
  var read: Int64 = 0

  func clock(_ time: Double) -> Int64 { Int64((time * rate).rounded(.down)) }

  static func host(_ time: Double) -> HostTime { HostTime(nanoseconds: Int64((time * 1e9).rounded())) }

  /// Begins a run.
  mutating func start() {
    first = clock(now) + 1
    read = 0
  }

  /// Waits until `count` samples can be read; how many can be, and when that was seen.
  mutating func wait(for count: Int64) -> (available: Int, time: HostTime) {
    let due = Double(first + read + count) / rate
    now = max(now, due) + Double.random(in: wakeLatency, using: &generator)
    let there = clock(now) - first + 1
    return (Int(there - there % granularity - read), Self.host(now))
  }
}

@Suite("Time of a device's samples")
struct SampleTimelineTests {
  private static let period = 480

  /// Runs a device for a while and returns the blocks.
  private static func run(
    _ timeline: inout SampleTimeline, _ device: inout SimulatedDevice, periods: Int,
    each: (SampleTimeline.Block, SimulatedDevice) -> Void = { _, _ in }
  ) {
    var done = 0
    while done < periods {
      let seen = device.wait(for: Int64(period))
      guard timeline.observe(available: seen.available, at: seen.time) else {
        device.now += 0.01
        continue
      }
      var left = seen.available
      while left >= period {
        let block = timeline.take(period)
        device.read += Int64(period)
        left -= period
        done += 1
        each(block, device)
      }
    }
  }

  private static func timeline() -> SampleTimeline { SampleTimeline(sampleRate: 48000, bufferPeriods: 50) }

  @Test("Blocks follow each other, and lie where the device captured them", arguments: [0.0, 500, -300])
  func steady(_ ppm: Double) {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000 * (1 + ppm * 1e-6), granularity: 48, wakeLatency: 20e-6...900e-6)
    device.start()
    timeline.start()
    var last: HostTime?
    var worst = 0.0
    Self.run(&timeline, &device, periods: 12000) { block, device in
      #expect(block.loss == nil)
      if let last { #expect(block.start == last) }
      #expect(block.end >= block.start)
      last = block.end
      let truth = Double(device.first + device.read) / device.rate
      let isSettled = device.now > 130
      if isSettled { worst = max(worst, abs(Double(block.end.nanoseconds) / 1e9 - truth)) }
    }
    #expect(timeline.position == 12000 * 480)
    #expect(timeline.epoch == 0)
    #expect(worst < 0.0015, "the blocks' ends lie up to \(worst * 1000) ms off")
    let found = timeline.recovery.estimate.partsPerMillion
    #expect(found.map { abs($0 - ppm) < 20 } == true, "found \(found ?? .nan) for \(ppm)")
  }

  @Test("An overrun is one gap with the samples that are missing, however long", arguments: [0.0, 500, -1000])
  func overruns(_ ppm: Double) {
    var generator = SeededGenerator.printed()
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000 * (1 + ppm * 1e-6), generator: generator)
    device.start()
    timeline.start()
    Self.run(&timeline, &device, periods: 1500)
    var exact = 0
    for round in 1...40 {
      let end = device.first + device.read
      device.now += Double.random(in: 0.0005...3, using: &generator)
      timeline.interrupt(.overrun)
      device.start()
      timeline.start()
      let missing = Int(device.first - end)
      var losses: [SampleTimeline.Loss] = []
      Self.run(&timeline, &device, periods: 200) { block, _ in
        if let loss = block.loss {
          losses.append(loss)
          #expect(loss.end == block.start)
        }
      }
      #expect(losses.count == 1)
      #expect(losses.first?.reason == .overrun)
      let difference = (losses.first?.samples ?? -1) - missing
      // Over some seconds the rate is not known well enough for the last sample.
      #expect(abs(difference) <= 1, "round \(round): of \(missing) samples")
      exact += difference == 0 ? 1 : 0
      #expect(timeline.epoch == round)
    }
    #expect(exact >= 34)
  }

  @Test("Overruns without a sample between them are one gap")
  func storm() {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000)
    device.start()
    timeline.start()
    Self.run(&timeline, &device, periods: 200)
    let end = device.first + device.read
    for _ in 0..<5 {
      device.now += 0.1
      timeline.interrupt(.overrun)
      device.start()
      timeline.start()
    }
    let missing = Int(device.first - end)
    var losses: [SampleTimeline.Loss] = []
    Self.run(&timeline, &device, periods: 10) { block, _ in if let loss = block.loss { losses.append(loss) } }
    #expect(losses.map(\.samples) == [missing])
    #expect(timeline.epoch == 1)
  }

  @Test("Samples that come late are not lost; samples that never come are one gap")
  func lateAndMissing() {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000)
    device.start()
    timeline.start()
    Self.run(&timeline, &device, periods: 500)
    device.now += 0.3
    Self.run(&timeline, &device, periods: 500) { block, _ in #expect(block.loss == nil) }
    for milliseconds in [8, 40, 300] {
      let missing = 48 * milliseconds
      device.now += Double(milliseconds) / 1000
      device.first += Int64(missing)
      var losses: [SampleTimeline.Loss] = []
      Self.run(&timeline, &device, periods: 300) { block, _ in if let loss = block.loss { losses.append(loss) } }
      #expect(losses.map(\.samples) == [missing])
      #expect(losses.map(\.reason) == [.overrun])
    }
    #expect(timeline.epoch == 3)
  }

  @Test("A device that was opened again has a new clock, and a gap with what it missed")
  func reopened() {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000 * (1 + 200e-6))
    device.start()
    timeline.start()
    Self.run(&timeline, &device, periods: 1500)
    let end = device.first + device.read
    timeline.interrupt(.overrun)
    timeline.interrupt(.unplug)
    device.now += 2.5
    device.start()
    timeline.start()
    timeline.interrupt(.unplug)
    device.now += 1.5
    device.start()
    timeline.start()
    let missing = Int(device.first - end)
    var losses: [SampleTimeline.Loss] = []
    Self.run(&timeline, &device, periods: 100) { block, _ in if let loss = block.loss { losses.append(loss) } }
    // Four seconds at a rate that is known to about 5 ppm.
    #expect(losses.count == 1 && abs(losses[0].samples - missing) <= 2)
    #expect(losses.map(\.reason) == [.unplug])
    #expect(timeline.position == 100 * 480)
    #expect(timeline.epoch == 1)
  }

  @Test("A device that does not come back has lost everything up to the end")
  func givenUp() {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000)
    device.start()
    timeline.start()
    #expect(timeline.giveUp(at: SimulatedDevice.host(101)) == nil)
    Self.run(&timeline, &device, periods: 200)
    timeline.interrupt(.unplug)
    let end = Double(device.first + device.read) / device.rate
    let loss = timeline.giveUp(at: SimulatedDevice.host(end + 2))
    #expect(loss.map { abs($0.samples - 96000) < 8 } == true)
    #expect(timeline.giveUp(at: SimulatedDevice.host(end + 3)) == nil)
  }

  @Test("A device that never gave a sample loses none")
  func nothingBefore() {
    var timeline = Self.timeline()
    var device = SimulatedDevice(rate: 48000)
    device.start()
    timeline.start()
    timeline.interrupt(.overrun)
    device.now += 1
    device.start()
    timeline.start()
    Self.run(&timeline, &device, periods: 10) { block, _ in #expect(block.loss == nil) }
    #expect(timeline.epoch == 0)
  }
}

@Suite("Digital silence")
struct MuteDetectorTests {
  @Test("Ten seconds of zeros are a mute, one sample ends it")
  func mute() {
    var detector = MuteDetector(limit: 480_000)
    var changes: [(Int, MuteDetector.Change)] = []
    for block in 0..<2100 {
      let isSilent = (100..<1500).contains(block) || block >= 1900
      if let change = detector.take(isSilent: isSilent, count: 480) { changes.append((block, change)) }
    }
    #expect(changes.map(\.0) == [1099, 1500])
    #expect(changes.map(\.1) == [.muted, .unmuted])
  }
}
