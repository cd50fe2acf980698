import BraidCore
import BraidIngest
import BraidTestSupport
import Foundation
import Testing

@Suite("Pace of inputs", .timeLimit(.minutes(2)))
struct PaceTests {
  private func movie(_ scratch: Scratch) throws -> String {
    let path = scratch.path("movie.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-f", "lavfi", "-i", "sine=r=16000:d=4", "-c:v", "libx264",
      "-c:a", "pcm_s16le", path)
    return path
  }

  @Test("In real time a frame is given out when it is due, which is its capture time")
  func realtime() throws {
    let scratch = try Scratch()
    let input = try MediaInput.open(try movie(scratch))
    let clock = ManualClock(start: HostTime(nanoseconds: 1_000_000_000))
    let start = HostTime(nanoseconds: 5_000_000_000)
    let ready = Signal()
    var rings: [Int: Ring] = [:]
    for stream in input.description.streams {
      rings[stream.index] = Ring(
        capacity: RingCapacity(elements: 200, bytes: 1 << 28), policy: .block, ready: ready, space: input.wake)
    }
    input.start(rings: rings, pace: .realtime(start: start), clock: clock)
    clock.waitForSleepers(1)
    for ring in rings.values { #expect(ring.isEmpty) }
    var pictures = 0
    while !rings.values.allSatisfy({ $0.peek().isFinished }) {
      for ring in rings.values {
        while let element = ring.pop() {
          switch element {
          case .video(let frame):
            #expect(frame.captured == start + (frame.time - .zero))
            #expect(clock.now >= start + (frame.time - .zero))
            pictures += 1
          case .audio(let block):
            #expect(block.captured == start + (block.end - .zero))
            #expect(clock.now >= start + (block.end - .zero))
          default: Issue.record("nothing else is in it")
          }
        }
      }
      let ticket = ready.ticket()
      clock.advance(by: .milliseconds(20))
      ready.wait(since: ticket, until: MonotonicClock().now + .milliseconds(2))
    }
    #expect(pictures == 100)
    input.join()
  }

  @Test("stop ends an input that waits for room, and one that waits for its time")
  func stop() throws {
    let scratch = try Scratch()
    let path = try movie(scratch)
    for pace in [InputPace.fast, .realtime(start: HostTime(nanoseconds: .max / 2))] {
      let input = try MediaInput.open(path)
      let ready = Signal()
      var rings: [Int: Ring] = [:]
      for stream in input.description.streams {
        rings[stream.index] = Ring(
          capacity: RingCapacity(elements: 2, bytes: 1 << 28), policy: .block, ready: ready, space: input.wake)
      }
      input.start(rings: rings, pace: pace)
      input.stop()
      input.join()
      for ring in rings.values { #expect(ring.bound == .distantFuture) }
    }
  }

  @Test("An input that is opened and never started closes")
  func neverStarted() throws {
    let scratch = try Scratch()
    let path = try movie(scratch)
    for _ in 0..<3 { #expect(try MediaInput.open(path).description.streams.count == 2) }
  }

  @Test("The same file gives the same elements whatever the rings hold and however many threads decode")
  func repeatable() throws {
    let scratch = try Scratch()
    let path = try movie(scratch)
    var results: Set<[String]> = []
    for (depth, threads) in [(1, 1), (4, 2), (100, 4)] {
      var options = InputOptions()
      options.decoderThreads = threads
      var sums: [String] = []
      let session = try Session.run(path, options, depth: depth) { element in
        switch element {
        case .audio(let block):
          let sum = block.withSamples { samples in
            var hash = UInt32(0)
            for index in samples.indices { hash = hash &* 31 &+ samples[index].bitPattern }
            return hash
          }
          sums.append("a \(block.time.nanoseconds) \(block.frameCount) \(sum)")
        default: sums.append("v \(element.time.nanoseconds)")
        }
      }
      #expect(session.failure == nil)
      results.insert(sums)
    }
    #expect(results.count == 1)
  }
}
