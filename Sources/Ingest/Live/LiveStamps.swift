import BraidCore

/// Puts the stamps of one connection's packets on one endless axis, in their streams' ticks: wraps are taken out, and a jump of
/// the source's stamps is moved so that as much time passes on the axis as passed between the arrivals.
///
/// All streams of a source jump by the same amount, each at its own packet: the first to jump says by how much, and the
/// others follow it when theirs do. A packet without a stamp is left to its decoder where its stream has shown stamps, and is
/// stamped with its arrival where it has not.
struct LiveStamps {
  /// Where a packet lies on the axis.
  struct Place {
    /// The decoding stamp, else that of presentation.
    var time: MediaTime
    /// Whether the source's stamps have jumped at this packet.
    var hasJumped: Bool
    /// Whether this is the first of the input's streams to jump.
    var isFirst: Bool
  }

  private struct Stream {
    var unwrapper: StampUnwrapper
    let timeBase: TimeBase
    let isSparse: Bool
    var shift = MediaDuration.zero
    var jumpsSeen = 0
    var last: (time: MediaTime, arrival: HostTime, step: MediaDuration)?
  }

  /// A decoding stamp may not go back at all, a presentation stamp by what reordering takes.
  private static let backward = MediaDuration.milliseconds(100)
  private static let backwardUnordered = MediaDuration.seconds(1)
  /// No picture is shown longer than this after, or before, it is decoded: such stamps are damaged.
  private static let longestReordering = MediaDuration.seconds(10)
  /// By how much more than the time between the arrivals stamps may go on.
  private static let forward = MediaDuration.seconds(2)

  private var streams: [Stream?]
  private var shift = MediaDuration.zero
  private var jumps = 0
  /// The newest packet with a stamp, of any stream; until there is one, the axis is the host's clock.
  private var newest: (time: MediaTime, arrival: HostTime)?
  private var isHostClock = false

  init(count: Int) {
    streams = Array(repeating: nil, count: count)
  }

  /// Begins a stream, or goes on with another that takes its place.
  mutating func setStream(_ index: Int, timeBase: TimeBase, bits: Int, isSparse: Bool) {
    guard streams.indices.contains(index) else { return }
    var stream = Stream(unwrapper: StampUnwrapper(bits: bits), timeBase: timeBase, isSparse: isSparse)
    if let old = streams[index] {
      (stream.shift, stream.jumpsSeen, stream.last) = (old.shift, old.jumpsSeen, old.last)
      if old.timeBase == timeBase { stream.unwrapper = old.unwrapper }
    }
    streams[index] = stream
  }

  /// Replaces a packet's stamps by those on the axis.
  ///
  /// - Returns: nil for a packet without stamps whose time the decoder knows better.
  mutating func place(
    _ presentation: inout Int64?, _ decoding: inout Int64?, length: Int64, of index: Int, at arrival: HostTime
  ) -> Place? {
    guard streams.indices.contains(index), var stream = streams[index] else { return nil }
    defer { streams[index] = stream }
    stream.unwrapper.unwrap(&presentation, &decoding)
    if let shown = presentation, let decoded = decoding {
      let nanoseconds = stream.timeBase.nanoseconds(shown.subtractingSaturating(decoded))
      if MediaDuration(nanoseconds: nanoseconds).magnitude > Self.longestReordering { presentation = decoded }
    }
    let isOrdered = decoding != nil
    guard let reference = decoding ?? presentation else {
      guard stream.last == nil else { return nil }
      isHostClock = newest == nil
      let time =
        if let newest { newest.time + (arrival - newest.arrival) } else { MediaTime(nanoseconds: arrival.nanoseconds) }
      presentation = stream.timeBase.ticks(nanoseconds: time.nanoseconds)
      return Place(time: time, hasJumped: false, isFirst: false)
    }
    let raw = MediaTime(nanoseconds: stream.timeBase.nanoseconds(reference))
    if newest == nil, isHostClock {
      shift = MediaTime(nanoseconds: arrival.nanoseconds) - raw
      for other in streams.indices { streams[other]?.shift = shift }
      stream.shift = shift
    }
    var place = Place(time: raw + stream.shift, hasJumped: false, isFirst: false)
    if let last = stream.last {
      let step = place.time - last.time
      let pause = arrival - last.arrival
      if stream.isSparse {
        if stream.jumpsSeen != jumps, step < -Self.backwardUnordered || step - pause > Self.forward {
          (stream.shift, stream.jumpsSeen) = (shift, jumps)
        }
      } else if step < -(isOrdered ? Self.backward : Self.backwardUnordered)
        || step - pause > max(Self.forward, last.step * 4)
      {
        let length = MediaDuration(nanoseconds: stream.timeBase.nanoseconds(max(1, length)))
        let expected = last.time + max(pause, length)
        place.hasJumped = true
        if stream.jumpsSeen == jumps || (raw + shift - expected).magnitude > .seconds(1) {
          shift = expected - raw
          jumps += 1
          place.isFirst = true
        }
        (stream.shift, stream.jumpsSeen) = (shift, jumps)
      }
      place.time = raw + stream.shift
    }
    let step = stream.last.map { place.hasJumped ? $0.step : max(.zero, place.time - $0.time) } ?? .zero
    stream.last = (place.time, arrival, step)
    newest = (place.time, arrival)
    let ticks = stream.timeBase.ticks(nanoseconds: stream.shift.nanoseconds)
    presentation = presentation?.addingSaturating(ticks)
    decoding = decoding?.addingSaturating(ticks)
    return place
  }
}
