import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@Suite("Skip policies")
struct SkipPolicyTests {
  /// The numbers of the frames that a scheduler at fast pace runs of frames at these times.
  private func kept(_ policy: SkipPolicy, _ times: [MediaTime]) throws -> [Int] {
    var scheduler = try SessionScheduler(
      SchedulerConfiguration(
        models: [.init(name: "m")], tasks: [.init(model: 0, stream: "video:0", budget: .unlimited)], policy: policy,
        isRealtime: false))
    let now = HostTime(nanoseconds: 0)
    var kept: [Int] = []
    for (index, time) in times.enumerated() {
      let skip = scheduler.offer(index, task: 0, time: time, captured: now, now: now)
      #expect(skip == nil || (skip?.reason == .interval && skip?.item == index))
      while case .run(let run) = scheduler.next(now: now) {
        kept.append(run.item)
        scheduler.finished(server: run.server, now: now)
      }
    }
    return kept
  }

  private func frames(_ count: Int, fps: Int64) -> [MediaTime] {
    let base = TimeBase(numerator: 1, denominator: fps)
    return (0..<count).map { MediaTime(nanoseconds: base.nanoseconds(Int64($0))) }
  }

  @Test("every third of ten")
  func every() throws {
    #expect(try kept(.every(3), frames(10, fps: 25)) == [0, 3, 6, 9])
    #expect(try kept(.every(1), frames(4, fps: 25)) == [0, 1, 2, 3])
    #expect(try kept(.every(0), frames(3, fps: 25)) == [0, 1, 2])
  }

  @Test("a limit by rate comes as near as the stream allows, and roundings do not spoil it")
  func maxFPS() throws {
    #expect(try kept(.maxFPS(10), frames(13, fps: 30)) == [0, 3, 6, 9, 12])
    #expect(try kept(.maxFPS(10), frames(25, fps: 25)).count == 10)
    #expect(try kept(.maxFPS(24), frames(240, fps: 25)).count <= 231)
    #expect(try kept(.maxFPS(60), frames(50, fps: 25)).count == 50)
    #expect(try kept(.maxFPS(.nan), frames(50, fps: 25)).count == 50)
    #expect(try kept(.maxFPS(0.5), frames(100, fps: 25)) == [0, 50])
  }

  @Test("over any stretch of any stream the rate is kept to")
  func maxFPSProperty() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<50 {
      let rate = Double.random(in: 0.5...40, using: &generator)
      var time = MediaTime.zero
      let times = (0..<300).map { _ in
        time = time + MediaDuration(nanoseconds: Int64.random(in: 1_000_000...90_000_000, using: &generator))
        return time
      }
      let kept = try kept(.maxFPS(rate), times)
      for first in stride(from: 0, to: kept.count, by: 17) {
        for last in stride(from: first + 1, to: kept.count, by: 5) {
          let seconds = (times[kept[last]] - times[kept[first]]).seconds
          // A frame may be early by a twentieth of the period and the first one late by one.
          #expect(Double(last - first) <= seconds * rate + 1.1)
        }
      }
    }
  }

  @Test("after a step back or a hole the grid starts anew")
  func steps() throws {
    let second: Int64 = 1_000_000_000
    let times = [0, 10, 10.05, 3, 3.05, 3.1, 50, 50.01, 50.2].map { MediaTime(nanoseconds: Int64($0 * Double(second))) }
    #expect(try kept(.maxFPS(10), times) == [0, 1, 3, 5, 6, 8])
  }

  @Test("policies are read as the command line writes them")
  func parsing() {
    for policy in [SkipPolicy.adaptive, .none, .every(3), .maxFPS(7.5)] {
      #expect(SkipPolicy(policy.description) == policy)
    }
    for text in [
      "", "every", "every:", "every:0", "every:-2", "every:2:3", "max-fps:nan", "max-fps:0", "max-fps:1e99", "none:",
    ] {
      #expect(SkipPolicy(text) == nil, "\(text)")
    }
  }
}
