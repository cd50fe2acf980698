import BraidCore
import BraidTestSupport

/// How one source behaves, and everything that is wrong with it. Times in milliseconds.
struct HostileSource {
  /// The usual distance of two items, and how long each lasts (0: an instant).
  var period = 40.0
  var length = 0.0
  /// Sent when it is over, like a block of sound, and not when it begins, like a caption.
  var isSentWhole = false
  /// How irregular the distances are: 1 from 0 to twice the period.
  var irregularity = 0.0
  /// How much faster than the session's its clock runs, in parts per million.
  var ppm = 0.0
  /// Its way to the machine: at least `delay`, up to `jitter` more; `inOrder` where nothing overtakes.
  var delay = 5.0
  var jitter = 0.0
  var inOrder = true
  /// Its stamps come from a clock of its own, which is recovered; else they are the session's, rounded to `rounding`.
  var hasClock = true
  var rounding = 0.001
  /// Shares of items.
  var loss = 0.0
  var duplicates = 0.0
  var unusable = 0.0
  var timeless = 0.0
  var outliers = 0.0
  /// Stretches of `length` in which nothing arrives; what was sent comes at once afterwards, or never.
  var stalls: [(start: Double, length: Double, isLost: Bool)] = []
  /// When it restarts: a new epoch, whose clock begins anew.
  var restarts: [Double] = []
  /// When its stamps fall back by 2^33 ticks of 90 kHz and nobody has unwrapped them.
  var wrap: Double?
  /// Silent before and after.
  var start = 0.0
  var end = Double.infinity

  /// Everything that it sends up to `duration`, in the order of arrival. Ids begin at `firstID`.
  func items(
    stream: Int, duration: Double, firstID: Int, using generator: inout SeededGenerator
  ) -> [HostileItem] {
    var sent = captured(stream: stream, duration: duration, firstID: firstID, using: &generator)
    sent.sort { ($0.item.arrival, $0.item.id) < ($1.item.arrival, $1.item.id) }
    if hasClock { recover(&sent) }
    return disturbed(sent.map(\.item), using: &generator)
  }

  private func captured(
    stream: Int, duration: Double, firstID: Int, using generator: inout SeededGenerator
  ) -> [(item: HostileItem, position: Double)] {
    var sent: [(item: HostileItem, position: Double)] = []
    var time = start + period * Double.random(in: 0..<1, using: &generator)
    var (id, epoch, epochStart, newestArrival) = (firstID, 0, time, 0.0)
    while time < min(duration, end) {
      let distance = period * (1 + irregularity * Double.random(in: -1...1, using: &generator)) / (1 + ppm * 1e-6)
      if epoch < restarts.count, time >= restarts[epoch] {
        epoch += 1
        epochStart = time
      }
      let stall = stalls.first { time >= $0.start && time < $0.start + $0.length }
      let isLost = stall?.isLost == true || Double.random(in: 0..<1, using: &generator) < loss
      let late = jitter * Self.jitter(&generator)
      var arrival = max(time + (isSentWhole ? length : 0), stall.map { $0.start + $0.length } ?? 0) + delay + late
      // What was sent before a restart never overtakes, nor is overtaken by, what came after.
      if inOrder || restarts.contains(where: { abs(time - $0) < 500 }) { arrival = max(arrival, newestArrival) }
      if !isLost {
        newestArrival = max(newestArrival, arrival)
        var item = HostileItem(id: id, stream: stream, arrival: HostTime(nanoseconds: Int64(arrival * 1e6)))
        item.epoch = epoch
        item.truth = MediaTime(nanoseconds: Int64(time * 1e6))
        item.duration = MediaDuration(nanoseconds: Int64((length / rounding).rounded() * rounding * 1e6))
        item.stamp = MediaTime(nanoseconds: Int64((time / rounding).rounded() * rounding * 1e6))
        sent.append((item, (time - epochStart) * (1 + ppm * 1e-6)))
        id += 1
      }
      time += distance
    }
    return sent
  }

  private static func jitter(_ generator: inout SeededGenerator) -> Double {
    var tail = 0.0
    while Double.random(in: 0..<1, using: &generator) < 0.97, tail < 1 { tail += 0.009 }
    return 0.5 * Double.random(in: 0..<1, using: &generator) + 0.5 * min(tail, 1)
  }

  /// Times as an input gives them: the source's own clock, found in the arrivals. Of the way's delay its mean is known.
  private func recover(_ sent: inout [(item: HostileItem, position: Double)]) {
    var recovery = ClockRecovery()
    var epoch = 0
    let mean = MediaDuration(nanoseconds: Int64(((isSentWhole ? length : 0) + delay + meanLateness) * 1e6))
    var newest = -1.0
    for index in sent.indices {
      let item = sent[index].item
      if item.epoch != epoch {
        recovery.reset()
        epoch = item.epoch
        newest = -1
      }
      let position = MediaDuration(nanoseconds: Int64(sent[index].position * 1e6))
      let isNew = sent[index].position > newest
      var host = recovery.update(source: position, observed: item.arrival - mean)
      if !isNew { host = recovery.hostTime(of: position) }
      newest = max(newest, sent[index].position)
      sent[index].item.stamp = MediaTime(nanoseconds: host.nanoseconds)
      sent[index].item.clockAge = Int64(sent[index].position)
    }
  }

  /// The mean of what jitter adds. Where nothing overtakes, each is as late as the one before, less the way gone since.
  private var meanLateness: Double {
    var generator = SeededGenerator(seed: 1)
    var (sum, last) = (0.0, 0.0)
    for _ in 0..<4000 {
      last = max(inOrder ? last - period : 0, jitter * Self.jitter(&generator))
      sum += last
    }
    return sum / 4000
  }

  private func disturbed(_ items: [HostileItem], using generator: inout SeededGenerator) -> [HostileItem] {
    var result: [HostileItem] = []
    let wrapLength = MediaDuration(nanoseconds: Int64(Double(1 << 33) / 90e3 * 1e9))
    var hasWrapped = false
    var newestOutlier = -10
    for (index, original) in items.enumerated() {
      var item = original
      if let wrap, let truth = item.truth, truth.seconds * 1000 >= wrap, let stamp = item.stamp {
        item.stamp = stamp - wrapLength
        item.startsRewind = !hasWrapped
        hasWrapped = true
      }
      let isQuiet = index < 20 || index + 3 > items.count || item.startsRewind || isNearTurn(item)
      let fate = isQuiet ? 1 : Double.random(in: 0..<1, using: &generator)
      if fate < outliers, index > newestOutlier + 5 {
        newestOutlier = index
        let off = MediaDuration.seconds(Bool.random(using: &generator) ? 3600 : -3600)
        item.stamp = item.stamp.map { $0 + off }
        item.isOutlier = true
      } else if fate < outliers + timeless {
        item.stamp = nil
      } else if fate < outliers + timeless + unusable {
        item.isUsable = false
      }
      result.append(item)
      if !isQuiet, !item.isOutlier, Double.random(in: 0..<1, using: &generator) < duplicates {
        item.id += 1 << 40
        result.append(item)
      }
    }
    return result
  }

  /// Whether the source restarts or wraps about here: its trouble is not to be mixed with others.
  private func isNearTurn(_ item: HostileItem) -> Bool {
    let time = (item.truth?.seconds ?? 0) * 1000
    return (restarts + [wrap].compactMap { $0 }).contains { abs($0 - time) < 20 * period }
  }
}
