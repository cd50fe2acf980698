import BraidCore
import BraidSync
import BraidTestSupport

/// The hostile scenarios: eight streams with everything that goes wrong, from files and live.
enum HostileSet {
  /// A camera that ticks, sound, a second camera, captions, two sensors, events, a third camera.
  private static let members: [SyncMember] = [
    SyncMember(stream: 0, policy: .exact),
    SyncMember(stream: 1, policy: .window(from: .milliseconds(-100), to: .zero, allowing: .milliseconds(5))),
    SyncMember(stream: 2, policy: .nearest(.milliseconds(20))),
    SyncMember(stream: 3, policy: .hold(.seconds(5))),
    SyncMember(stream: 4, policy: .interpolate(.milliseconds(50))),
    SyncMember(stream: 5, policy: .hold(.milliseconds(300))),
    SyncMember(stream: 6, policy: .window(from: .milliseconds(-100), to: .zero, allowing: nil)),
    SyncMember(stream: 7, policy: .nearest(.milliseconds(20))),
  ]

  /// All scenarios of about `seconds` each.
  static func all(seconds: Double, using generator: inout SeededGenerator) -> [HostileArrivals] {
    let end = seconds * 1000
    var scenarios = [
      files("files", sources(), end, &generator),
      files("files, stamps in ms", coarse(), end, &generator),
      files("files, bad stamps", badStamps(end), end, &generator),
      files("files, hop", sources(), end, &generator, hop: 33),
      live("live, clean", sources(jitter: 2), end, &generator),
      live("live, drift and jitter", sources(jitter: 80, drift: 300), end, &generator),
      live("live, loss and bursts", lossy(end), end, &generator),
      live("live, dead and back", dying(end), end, &generator),
      live("live, restarts", restarting(end), end, &generator),
      live("live, bad stamps", badStamps(end, jitter: 40), end, &generator),
      live(
        "live, default wait, corrected", lossy(end), end, &generator, wait: .milliseconds(40),
        corrections: .seconds(3)),
      live("live, hop", sources(jitter: 40, drift: 300), end, &generator, hop: 20),
    ]
    // Stalls of 900 and 500 ms of two streams; and 40 ms that are not enough for what comes up to 110 ms late.
    for index in scenarios.indices where scenarios[index].name.contains("bursts") {
      scenarios[index].allowedApart = 300 / end
    }
    for index in scenarios.indices where scenarios[index].name.contains("default wait") {
      scenarios[index].allowedApart = 0.2
    }
    return scenarios
  }

  static func live(
    _ name: String, _ sources: [HostileSource], _ end: Double, _ generator: inout SeededGenerator, hop: Int64? = nil,
    wait: MediaDuration = .milliseconds(150), corrections: MediaDuration? = nil
  ) -> HostileArrivals {
    arrivals(
      name, sources, end, hop: hop, wait: .atMost(wait, origin: HostTime(nanoseconds: 0)),
      corrections: corrections, lead: { _, _ in 0 }, &generator)
  }

  /// Files are read ahead by chunks: a stream may be up to 2 s before another.
  static func files(
    _ name: String, _ sources: [HostileSource], _ end: Double, _ generator: inout SeededGenerator, hop: Int64? = nil
  ) -> HostileArrivals {
    let leads = sources.map { _ in (0...Int(end / 1000) + 1).map { _ in Double.random(in: 0...2000, using: &generator) }
    }
    let sources = sources.map { source in
      var source = source
      source.hasClock = false
      if source.rounding < 0.01 { source.rounding = 1000 / 90e3 }
      return source
    }
    return arrivals(
      name, sources, end, hop: hop, wait: .unlimited, lead: { leads[$0][min(leads[$0].count - 1, Int($1 / 1000))] },
      &generator)
  }

  private static func arrivals(
    _ name: String, _ sources: [HostileSource], _ end: Double, hop: Int64?, wait: SyncWait,
    corrections: MediaDuration? = nil, lead: (Int, Double) -> Double, _ generator: inout SeededGenerator
  ) -> HostileArrivals {
    var items: [HostileItem] = []
    for (stream, source) in sources.enumerated() {
      var newest = HostTime(nanoseconds: 0)
      items += source.items(stream: stream, duration: end, firstID: stream << 32, using: &generator).map { item in
        var item = item
        let shift = lead(stream, Double(item.arrival.nanoseconds) / 1e6)
        newest = max(newest, item.arrival + MediaDuration(nanoseconds: Int64(shift * 1e6)))
        item.arrival = newest
        return item
      }
    }
    items = items.enumerated().sorted { ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset) }
      .map(\.element)
    let streams = sources.map { source in
      SyncStream(
        lateness: source.inOrder ? .zero : MediaDuration(nanoseconds: Int64(source.jitter * 1e6)),
        jumpLimit: source.outliers > 0 || source.wrap != nil ? .seconds(20) : nil, capacity: 4096)
    }
    let tick: MomentTick = hop.map { .hop(.milliseconds($0), first: .zero) } ?? .elements(stream: 0)
    return HostileArrivals(
      name: name, items: items,
      configuration: SynchroniserConfiguration(
        streams: streams, tick: tick, members: hop == nil ? members : Array(members.dropFirst()), wait: wait,
        corrections: corrections, tickCapacity: 1024))
  }

  // MARK: Sources

  static func sources(jitter: Double = 0, drift: Double = 0) -> [HostileSource] {
    [
      HostileSource(period: 1000 / 60, ppm: drift, delay: 8, jitter: jitter / 4),
      HostileSource(period: 10, length: 10, isSentWhole: true, ppm: -drift, delay: 3, jitter: jitter / 8),
      HostileSource(period: 40, ppm: drift / 2, delay: 20, jitter: jitter),
      HostileSource(
        period: 700, length: 500, irregularity: 0.9, delay: 2, jitter: jitter / 2, hasClock: false, rounding: 1),
      HostileSource(
        period: 10, irregularity: 0.5, delay: 4, jitter: max(jitter / 2, 20), inOrder: false, hasClock: false,
        rounding: 0.1),
      HostileSource(period: 100, ppm: -drift / 3, delay: 10, jitter: jitter),
      HostileSource(period: 50, irregularity: 1, delay: 1, jitter: jitter / 4, hasClock: false, rounding: 1),
      HostileSource(period: 1000 / 30, ppm: drift, delay: 30, jitter: jitter, inOrder: false),
    ]
  }

  /// Stamps in whole milliseconds, as Matroska has them: many times are equal, and many distances.
  private static func coarse() -> [HostileSource] {
    var sources = sources()
    for stream in sources.indices { sources[stream].rounding = 1 }
    return sources
  }

  private static func badStamps(_ end: Double, jitter: Double = 0) -> [HostileSource] {
    var sources = sources(jitter: jitter)
    for stream in [3, 4, 5, 6] {
      sources[stream].duplicates = 0.05
      sources[stream].timeless = 0.02
      sources[stream].unusable = 0.03
      sources[stream].outliers = 0.005
      sources[stream].hasClock = false
    }
    sources[2].hasClock = false
    sources[2].wrap = end * 0.6
    sources[1].hasClock = false
    sources[1].wrap = end * 0.3
    return sources
  }

  private static func lossy(_ end: Double) -> [HostileSource] {
    var sources = sources(jitter: 40, drift: 100)
    for stream in sources.indices { sources[stream].loss = 0.02 }
    sources[1].stalls = [(end * 0.4, 300, true)]
    sources[2].stalls = [(end * 0.5, 900, false), (end * 0.8, 100, false)]
    sources[4].stalls = [(end * 0.7, 500, false)]
    sources[0].stalls = [(end * 0.6, 400, false)]
    return sources
  }

  private static func dying(_ end: Double) -> [HostileSource] {
    var sources = sources(jitter: 20)
    sources[1].stalls = [(end * 0.3, end * 0.2, true)]
    sources[2].end = end * 0.5
    sources[4].start = end * 0.4
    sources[5].stalls = [(end * 0.2, end * 0.1, true), (end * 0.6, end * 0.1, true)]
    sources[7].start = end * 2
    return sources
  }

  private static func restarting(_ end: Double) -> [HostileSource] {
    var sources = sources(jitter: 40, drift: 200)
    for stream in [1, 2, 4, 5] {
      sources[stream].restarts = [0.3, 0.5, 0.55].map { (Double(stream) * 0.02 + $0) * end }
      sources[stream].stalls = sources[stream].restarts.map { ($0 - 150, 150, true) }
    }
    return sources
  }
}
