import BraidCore
import BraidSync

/// Which item belongs to which moment, by the plain definition: everything is seen at once and every item is looked at
/// for every moment. Shares no code with the machine.
struct PairingOracle {
  struct Placed {
    var item: HostileItem
    var time: Int64
    var run: Int
    /// Its place in the order of arrival over all streams.
    var order: Int
    /// It came further behind a newer one than the stream's lateness says.
    var isOverdue = false
    var end: Int64 { time + item.duration.nanoseconds }
  }

  /// For each stream, what counts, ordered by time.
  private(set) var streams: [[Placed]]

  /// Places `items`, which are in the order of arrival.
  init(_ items: [HostileItem], streams: [SyncStream]) {
    self.streams = streams.enumerated().map { stream, rules in
      let own = items.enumerated().filter { $0.element.stream == stream }.map { ($0.offset, $0.element) }
      return Self.place(own, lateness: rules.lateness.nanoseconds)
    }
  }

  /// What remains of a stream after the stated repairs: unusable items and those without a time do not count, nor do
  /// stamps that lie off; time that went back goes on one usual distance after the newest; of equal times each is moved
  /// to the first nanosecond that is free.
  private static func place(_ items: [(order: Int, item: HostileItem)], lateness: Int64) -> [Placed] {
    var placed: [Placed] = []
    var taken: Set<Int64> = []
    var (newest, second): (Placed?, Int64?) = (nil, nil)
    var shift: Int64 = 0
    var run = 0
    var epoch: Int?
    for (order, item) in items {
      guard let stamp = item.stamp, item.isUsable, !item.isOutlier, item.epoch >= epoch ?? 0 else { continue }
      let isNewEpoch = epoch != nil && epoch != item.epoch
      if isNewEpoch { shift = 0 }
      epoch = item.epoch
      if let newest {
        let goesBack = item.startsRewind || (isNewEpoch && stamp.nanoseconds <= newest.time)
        if goesBack || isNewEpoch { run += 1 }
        if goesBack {
          let last = newest.item.duration.nanoseconds
          let distance = last > 0 ? last : second.map { newest.time - $0 } ?? 1
          shift = newest.time + max(1, distance) - stamp.nanoseconds
        }
      }
      var time = stamp.nanoseconds + shift
      while taken.contains(time) { time += 1 }
      taken.insert(time)
      placed.append(Placed(item: item, time: time, run: run, order: order))
      placed[placed.count - 1].isOverdue = time < (newest?.time ?? time) - lateness
      if time > newest?.time ?? .min { (newest, second) = (placed.last, newest?.time) }
    }
    // A time that went back is there when the next item has confirmed it.
    for index in placed.indices.dropLast() where placed[index].item.startsRewind {
      placed[index].order = placed[index + 1].order
    }
    return placed.sorted { $0.time < $1.time }
  }

  /// The ids that a member takes at a tick, of the items whose order is below `limit`; empty where nothing fits.
  func choice(_ member: SyncMember, at tick: MediaTime, arrivedBefore limit: Int = .max) -> [Int] {
    let tick = tick.nanoseconds
    let all = streams[member.stream]
    let items = limit == .max ? all : all.filter { $0.order < limit }
    switch member.policy {
    case .exact: return items.filter { $0.time == tick }.map(\.item.id)
    case .nearest(let tolerance):
      let near = items.filter { abs($0.time - tick) <= tolerance.nanoseconds }
      return near.min { (abs($0.time - tick), $0.time) < (abs($1.time - tick), $1.time) }.map { [$0.item.id] } ?? []
    case .hold(let limit):
      guard let last = items.last(where: { $0.time <= tick }), tick - last.time <= limit.nanoseconds else { return [] }
      return last.item.duration > .zero && last.end <= tick ? [] : [last.item.id]
    case .interpolate(let distance):
      if let here = items.first(where: { $0.time == tick }) { return [here.item.id] }
      guard let before = items.last(where: { $0.time < tick }), let after = items.first(where: { $0.time > tick })
      else { return [] }
      guard before.run == after.run, after.time - before.time <= distance.nanoseconds else { return [] }
      return [before.item.id, after.item.id]
    case .window(let from, let to, let allowing):
      let (start, end) = (tick + from.nanoseconds, tick + to.nanoseconds)
      let inside = items.filter {
        $0.time < end && ($0.item.duration > .zero ? $0.end > start : $0.time >= start)
      }
      guard let allowing else { return inside.map(\.item.id) }
      let newest = inside.filter { $0.run == inside.last?.run }
      // Covered, counted along the span; what adds nothing is left out.
      var covered: Int64 = 0
      var reached = start
      var ids: [Int] = []
      for item in newest where min(item.end, end) > reached {
        covered += min(item.end, end) - max(item.time, reached)
        reached = min(item.end, end)
        ids.append(item.item.id)
      }
      return end - start - covered <= allowing.nanoseconds ? ids : []
    }
  }
}
