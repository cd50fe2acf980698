import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// How threads are shared out, and how jobs reach them.
@Suite("Inference lanes", .timeLimit(.minutes(2)))
struct InferenceLanesTests {
  /// The lanes for models of which each needs runs of so many threads, and the widths that were tried.
  private func chosen(threads: Int, needs: [Int]) -> (lanes: InferenceLanes, tried: [Int]) {
    var tried: [Int] = []
    let lanes = InferenceLanes.chosen(threads: threads, models: needs.count) { lanes in
      tried.append(lanes.width)
      return needs.count { $0 <= lanes.width }
    }
    return (lanes, tried)
  }

  @Test(
    "As many lanes as models and threads allow, fewer and wider ones where more models keep their budgets so",
    arguments: [
      (1, [1, 1], 1, 1), (2, [1], 1, 2), (2, [1, 1], 2, 1), (2, [1, 1, 1], 2, 1), (2, [2, 1], 1, 2),
      // What keeps its budget on no number of threads changes nothing.
      (2, [99, 1], 2, 1), (4, [99, 2, 1], 2, 2), (4, [1, 1], 2, 2), (4, [1, 2, 1, 1], 2, 2), (4, [4, 1], 1, 4),
      (8, [3, 1, 1], 2, 4), (7, [1, 1, 1], 3, 2), (3, [2, 1], 1, 3), (1024, Array(repeating: 1, count: 100), 64, 16),
    ])
  func choice(threads: Int, needs: [Int], count: Int, width: Int) {
    let lanes = chosen(threads: threads, needs: needs).lanes
    #expect(lanes.count == count && lanes.width == width)
  }

  @Test("Whatever models need: never more threads than there are, and no other sharing keeps more budgets")
  func bounds() {
    var generator = SeededGenerator.printed()
    for _ in 0..<2000 {
      let threads = Int.random(in: 1...16, using: &generator)
      let needs = (0..<Int.random(in: 1...6, using: &generator)).map { _ in Int.random(in: 1...20, using: &generator) }
      let (lanes, tried) = chosen(threads: threads, needs: needs)
      #expect(lanes.count * lanes.width <= threads && lanes.count <= needs.count)
      #expect(zip(tried, tried.dropFirst()).allSatisfy { $0 < $1 }, "nothing is made ready twice")
      for count in 1...min(threads, needs.count) {
        let other = needs.count { $0 <= threads / count }
        let own = needs.count { $0 <= lanes.width }
        #expect(other < own || (other == own && count <= lanes.count) || (count == 1 && lanes.count == 1))
      }
    }
  }

  @Test("Every job comes back once, no two lanes run the same model, and all lanes end", arguments: [1, 2, 5])
  func queue(lanes: Int) {
    let models = 4
    let ready = Signal()
    let queue = JobQueue(capacity: 64, models: models, lanes: lanes, ready: ready)
    let running = Guarded([Int](repeating: 0, count: models))
    let most = Guarded(0)
    let threads = (0..<lanes).map { lane in
      DedicatedThread(name: "lane \(lane)") {
        while let job = queue.next(lane: lane) {
          running.withLock { counts in
            counts[job.model] += 1
            let top = counts.max() ?? 0
            most.withLock { $0 = max($0, top) }
          }
          for _ in 0..<job.number % 7 { sched_yield() }
          running.withLock { $0[job.model] -= 1 }
          queue.complete(job)
        }
        queue.finish()
      }
    }
    var generator = SeededGenerator.printed()
    let jobs = (0..<models).map { ModelJob(place: $0, model: $0, staged: [], outputs: []) }
    var sent = [Int](repeating: 0, count: models)
    var back = sent
    while back.reduce(0, +) < 2000 {
      let model = Int.random(in: 0..<models, using: &generator)
      if !queue.holds(model) {
        jobs[model].number = Int.random(in: 0..<100, using: &generator)
        sent[model] += 1
        queue.submit(jobs[model])
      } else if Bool.random(using: &generator) {
        // As a repetition waits for one model's.
        while true {
          let ticket = ready.ticket()
          if let job = queue.takeCompleted(of: model) {
            #expect(job === jobs[model])
            break
          }
          ready.wait(since: ticket)
        }
        back[model] += 1
      } else if let job = queue.takeCompleted() {
        back[job.model] += 1
      }
    }
    queue.close()
    for thread in threads { thread.join() }
    while let job = queue.takeCompleted() { back[job.model] += 1 }
    #expect(back == sent && most.withLock { $0 } == 1)
    #expect((0..<models).allSatisfy { !queue.holds($0) } && !queue.holds(models) && !queue.holds(-1))
  }
}
