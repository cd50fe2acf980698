import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

@Suite("Generators", .timeLimit(.minutes(2)))
struct GeneratorTests {
  /// A generator on a clock that the test moves, and what has come of it.
  private final class Rig {
    let input: any SessionInput
    let clock = ManualClock(start: HostTime(nanoseconds: 7_000_000_123))
    let start: HostTime
    private(set) var taken: [Int: [Taken]] = [:]
    private(set) var sound: [Float] = []
    private var rings: [Int: Ring] = [:]

    init(_ graph: String, streams: StreamSelection = .all) throws {
      var options = InputOptions()
      options.streams = streams
      input = try InputOpening.open("lavfi:" + graph, options: options)
      let ready = Signal()
      for stream in input.description.streams {
        rings[stream.index] = Ring(
          capacity: RingCapacity(elements: 4096, bytes: 1 << 30), policy: .dropOldest, ready: ready, space: input.wake)
      }
      start = clock.now
      input.start(rings: rings, pace: .live(start: start), clock: clock, threadName: "braid-in-0")
    }

    deinit {
      input.stop()
      input.join()
    }

    var isFinished: Bool { rings.values.allSatisfy { $0.peek().isFinished } }

    /// Takes what has come once the input waits for time to pass, and checks that nothing came before it was due.
    func take(waits: Bool = true) {
      if waits { clock.waitForSleepers(1) }
      for (index, ring) in rings {
        while let element = ring.pop() {
          guard let one = Taken(index, element) else { continue }
          if let captured = one.captured { #expect(captured <= clock.now) }
          if case .audio(let block) = element {
            block.withSamples { samples in for place in samples.indices { sound.append(samples[place]) } }
          }
          taken[index, default: []].append(one)
        }
      }
    }

    func run(for duration: MediaDuration, step: MediaDuration = .milliseconds(10)) {
      let end = clock.now + duration
      take()
      while clock.now < end, !isFinished {
        clock.advance(by: step)
        take()
      }
    }

    func frames(_ stream: Int) -> [Taken] { (taken[stream] ?? []).filter { $0.gap == nil } }
    func gaps(_ stream: Int) -> [Gap] { (taken[stream] ?? []).compactMap(\.gap) }
  }

  private static let graph = "testsrc2=size=64x48:rate=20[out0];sine=sample_rate=8000:samples_per_frame=200[out1]"

  @Test("Sound and pictures of one graph come at their rates, each when it is due by the session's clock")
  func pace() throws {
    let rig = try Rig(Self.graph)
    #expect(rig.input.description.isLive)
    #expect(rig.input.description.streams[0].video?.averageFrameRate == "20/1")
    #expect(rig.input.description.streams[1].audio?.sampleRate == 8000)
    rig.run(for: .seconds(3))
    let pictures = rig.frames(0)
    #expect(pictures.count == 61)
    for (number, picture) in pictures.enumerated() {
      #expect(picture.time == MediaTime.zero + .milliseconds(50) * Int64(number))
      #expect(picture.captured == rig.start + (picture.time - .zero))
      #expect(picture.duration == .milliseconds(50))
    }
    let blocks = rig.frames(1)
    #expect(blocks.reduce(0) { $0 + $1.samples } == 24000)
    var end = MediaTime.zero
    for block in blocks {
      #expect(block.time == end)
      end = block.time + block.duration
      #expect(block.captured == rig.start + (end - MediaTime.zero))
    }
    #expect(rig.gaps(0).isEmpty && rig.gaps(1).isEmpty)
    #expect(rig.input.clockEstimate(stream: 1)?.partsPerMillion == 0)
  }

  @Test("What comes is what FFmpeg itself makes of the graph")
  func samples() throws {
    let graph = "aevalsrc=sin(300*t)*0.5+random(0)*0.1:s=8000:n=200"
    let scratch = try Scratch()
    try Tool.ffmpeg("-f", "lavfi", "-i", graph, "-t", "2", "-f", "f32le", scratch.path("expected"))
    let data = try Data(contentsOf: URL(fileURLWithPath: scratch.path("expected")))
    let expected = unsafe data.withUnsafeBytes { bytes in unsafe Array(bytes.bindMemory(to: Float.self)) }
    let rig = try Rig(graph)
    rig.run(for: .seconds(2))
    #expect(rig.sound == expected)
  }

  @Test("A process that stood still loses that time, told by one gap, and nothing comes fast")
  func stall() throws {
    let rig = try Rig(Self.graph)
    rig.run(for: .seconds(1))
    rig.clock.advance(by: .milliseconds(3333))
    rig.take()
    let after = rig.frames(0).count
    rig.run(for: .seconds(1))
    #expect(rig.frames(0).count - after <= 21)
    for stream in [0, 1] {
      let gaps = rig.gaps(stream)
      try #require(gaps.count == 1)
      #expect(gaps[0].reason == .overrun && gaps[0].epoch == 0 && gaps[0].newEpoch == 1)
      let next = try #require(rig.frames(stream).first { $0.epoch == 1 })
      #expect(next.time == gaps[0].time + gaps[0].duration)
      let counters = try #require(rig.input.counters(stream: stream))
      if stream == 0 {
        // Two to three seconds of pictures, as much as the gap is long.
        #expect(abs(gaps[0].frames - Int(gaps[0].duration.nanoseconds / 50_000_000)) <= 1)
        #expect(counters.framesLostInGaps == gaps[0].frames)
        #expect(counters.frames == rig.frames(0).count + gaps[0].frames)
      } else {
        #expect(gaps[0].samples == Int((gaps[0].duration.nanoseconds * 8000 + 500_000_000) / 1_000_000_000))
        #expect(counters.samples == rig.frames(1).reduce(0) { $0 + $1.samples } + gaps[0].samples)
        let end = try #require(rig.frames(1).last.map { $0.time + $0.duration })
        #expect(counters.samples == Int(((end - MediaTime.zero).nanoseconds * 8000 + 500_000_000) / 1_000_000_000))
      }
    }
  }

  @Test("A generator with an end ends its rings without a failure")
  func end() throws {
    let rig = try Rig("sine=sample_rate=8000:duration=0.5")
    rig.run(for: .milliseconds(450))
    // A thread that ends does not wait any more.
    while !rig.isFinished {
      rig.clock.advance(by: .milliseconds(1))
      rig.take(waits: false)
    }
    #expect(rig.sound.count == 4000)
    #expect(rig.input.failure == nil)
  }

  @Test("Ending takes a moment, also while it waits for a slow picture")
  func stop() throws {
    let input = try InputOpening.open("lavfi:testsrc2=size=64x48:rate=1/60")
    let stream = input.description.streams[0].index
    let ring = Ring(
      capacity: RingCapacity(elements: 8, bytes: 1 << 28), policy: .dropOldest, ready: Signal(), space: input.wake)
    input.start(
      rings: [stream: ring], pace: .live(start: MonotonicClock().now), clock: MonotonicClock(), threadName: "braid-in-0"
    )
    while ring.isEmpty {}
    let before = MonotonicClock().now
    input.stop()
    input.join()
    #expect(MonotonicClock().now - before < .milliseconds(500))
    #expect(ring.pop() != nil && ring.peek().isFinished)
  }

  @Test(
    "A graph that FFmpeg does not take is an error that says so",
    arguments: ["nonsense", "testsrc2=size=0x0", "scale=64:48", "testsrc2[a]", "movie=/nowhere.mkv"])
  func wrong(graph: String) {
    let error = #expect(throws: IngestError.self) { try InputOpening.open("lavfi:" + graph) }
    #expect(error?.code == .unusable)
    #expect(error?.remedy.isEmpty == false)
  }

  @Test("A file whose name looks like a device is opened as a file")
  func fileFirst() throws {
    let scratch = try Scratch()
    let path = scratch.path("sine")
    try Tool.ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-f", "wav", path)
    let folder = scratch.folder.appendingPathComponent("lavfi:")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/sine")
    let input = try InputOpening.open(folder.path + "/sine")
    #expect(input.description.format == "wav" && !input.description.isLive)
  }

  @Test("No file and no format name reaches a device: libavdevice's readers are not registered")
  func unregistered() throws {
    for name in ["v4l2", "x11grab", "lavfi", "alsa"] {
      _ = try InputOpening.open("lavfi:sine=d=1")
      var options = InputOptions()
      options.format = name
      let error = #expect(throws: IngestError.self) { try MediaInput.open("/dev/null", options: options) }
      #expect(error?.code == .invalidOption)
    }
  }
}
