import BraidCore
import BraidInference

/// A model on one stream, on a time line of milliseconds that only this moves.
struct Simulation {
  var scheduler: FrameScheduler<Int>
  /// What happened: `3>` frame 3 started, `3>?` as a probe, `3.` ended in time, `3!` too late, `3-stale` skipped.
  var log: [String] = []
  /// What the runs said was lost before them, by frame.
  var lost: [Int: SkipCounts] = [:]
  private var running: (item: Int, end: Int64)?
  private let service: (Int) -> Int64

  init(_ configuration: FrameScheduler<Int>.Configuration, service: @escaping (Int) -> Int64) {
    scheduler = FrameScheduler(configuration)
    self.service = service
  }

  static func at(_ milliseconds: Int64) -> HostTime { HostTime(nanoseconds: milliseconds * 1_000_000) }

  /// Offers frame `i` at `arrivals[i]`, captured then, and runs until all is done.
  mutating func run(arrivals: [Int64]) {
    var next = 0
    while next < arrivals.count || running != nil {
      let arrival = next < arrivals.count ? arrivals[next] : .max
      if let running, running.end <= arrival {
        end(running.item, at: running.end)
      } else {
        let skip = scheduler.offer(
          next, time: MediaTime(nanoseconds: arrival * 1_000_000), captured: Self.at(arrival), now: Self.at(arrival))
        if let skip { log.append("\(skip.item)-\(skip.reason)") }
        next += 1
        startNext(at: arrival)
      }
    }
  }

  private mutating func end(_ item: Int, at time: Int64) {
    running = nil
    let met = scheduler.finished(now: Self.at(time))
    log.append(met ? "\(item)." : "\(item)!")
    startNext(at: time)
  }

  private mutating func startNext(at time: Int64) {
    while true {
      switch scheduler.startNext(now: Self.at(time)) {
      case .idle: return
      case .skip(let skip): log.append("\(skip.item)-\(skip.reason)")
      case .run(let run):
        log.append(run.isProbe ? "\(run.item)>?" : "\(run.item)>")
        lost[run.item] = run.lost
        running = (run.item, time + service(run.item))
        return
      }
    }
  }
}
