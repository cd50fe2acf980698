public import BraidCore

extension Synchroniser where Item == StreamElement {
  /// Takes the next element of a stream: its time, duration and epoch are the element's own.
  ///
  /// A reading of which a value is not a number, or without limit, is refused and counted. A gap says that nothing comes
  /// before its end.
  public func feed(_ element: StreamElement, stream: Int, now: HostTime = HostTime(nanoseconds: 0)) {
    switch element {
    case .audio(let block):
      feed(element, time: block.time, duration: block.duration, epoch: block.epoch, stream: stream, now: now)
    case .video(let frame): feed(element, time: frame.time, epoch: frame.epoch, stream: stream, now: now)
    case .text(let segment):
      feed(element, time: segment.time, duration: segment.duration, epoch: segment.epoch, stream: stream, now: now)
    case .sensor(let sample):
      feed(
        element, time: sample.time, epoch: sample.epoch, isUsable: sample.values.allSatisfy(\.isFinite), stream: stream,
        now: now)
    case .gap(let gap): advance(stream: stream, to: gap.time + gap.duration)
    }
  }

  /// A value of a member that interpolates readings, at the last moment's tick: on the line between the two around it.
  ///
  /// - Returns: nil where nothing is there, or the readings have no such value.
  public func interpolatedValue(_ index: Int, ofMember member: Int) -> Double? {
    guard parts.indices.contains(member), case .sensor(let before) = parts[member].item,
      before.values.indices.contains(index)
    else { return nil }
    guard let following = parts[member].following else { return before.values[index] }
    guard case .sensor(let after) = following, after.values.indices.contains(index) else { return nil }
    return before.values[index] * (1 - parts[member].fraction) + after.values[index] * parts[member].fraction
  }
}
