internal import BraidCore
internal import BraidIngest
internal import BraidSync

/// Tells what several streams have at each tick: the events named `moment`.
///
/// For the session's thread. Of sound and pictures the times alone are kept, of text and sensors what they say.
final class MomentStage {
  /// What is kept of an element.
  struct Item: Sendable {
    enum Content: Sendable {
      case time
      case text(String)
      case values([Double])
    }

    var epoch: Int
    var content: Content
  }

  /// How many moments may wait for their parts, and how many can still be corrected.
  static let correctable = 256

  private let streams: [StreamSlot]
  private let members: [StreamSlot]
  private let tick: StreamSlot?
  private let synchroniser: Synchroniser<Item>
  private let wait: MediaDuration?
  private let output: SessionOutput
  /// The stage's place behind the models and features, so that lines at one time have an order.
  private let place: Int
  private var record = MomentRecord()
  private var waits = LatencyHistogram()
  /// The numbers of the last moments' events, by their count.
  private var told: [(index: Int, id: Int)] = []
  private var nextTold = 0

  /// A stage over the session's streams.
  ///
  /// What has no policy of its own may be as far from the tick as `tolerance`; a late part is waited for as long as `wait`, nil
  /// without limit.
  /// - Throws: ``PipelineError/Code/configuration`` for a stream that is not there or a policy that contradicts itself.
  init(
    _ selection: MomentSelection, streams all: [StreamSlot], tolerance: MediaDuration, wait: MediaDuration?,
    output: SessionOutput, place: Int
  ) throws(PipelineError) {
    var used: [StreamSlot] = []
    var takes: [SyncMember] = []
    if case .stream(let id) = selection.tick { used.append(try Self.stream(id, of: all)) }
    tick = used.first
    for member in selection.members {
      let stream = try Self.stream(member.stream, of: all)
      if !used.contains(where: { $0 === stream }) { used.append(stream) }
      let kind = stream.kind.rawValue
      var policy = member.policy ?? MomentSelection.policy(of: kind, tolerance: tolerance)
      // A window of sound is to be covered, one of anything else may hold any number.
      if stream.kind == .audio, case .window(let from, let to, nil) = policy {
        policy = .window(from: from, to: to, allowing: tolerance)
      }
      takes.append(SyncMember(stream: used.firstIndex { $0 === stream } ?? 0, policy: policy))
    }
    streams = used
    members = takes.map { used[$0.stream] }
    self.wait = wait
    self.output = output
    self.place = place
    let tick: MomentTick =
      switch selection.tick {
      case .stream: .elements(stream: 0)
      case .every(let hop): .hop(hop, first: .zero)
      }
    // What the session gives has been ordered and repaired by the inputs.
    let kept = used.map { SyncStream(jumpLimit: nil, capacity: $0.kind == .sensor ? 8192 : 2048) }
    do {
      synchroniser = try Synchroniser(
        SynchroniserConfiguration(
          streams: kept, tick: tick, members: takes, corrections: selection.corrections,
          tickCapacity: Self.correctable))
    } catch {
      throw PipelineError(.configuration, error.message, location: "--moments: \(error.location)", remedy: error.remedy)
    }
    told = Array(repeating: (-1, 0), count: Self.correctable)
  }

  private static func stream(_ id: String, of all: [StreamSlot]) throws(PipelineError) -> StreamSlot {
    if let stream = all.first(where: { $0.id == id }) { return stream }
    let have = all.map(\.id).joined(separator: ", ")
    throw PipelineError(
      .configuration, "there is no stream \(id)", location: "--moments",
      remedy: "The session has \(have.isEmpty ? "none" : have)")
  }

  /// Says when the session's time is zero on its clock, where moments wait for a while only. Before anything is taken.
  func begin(at zero: HostTime) {
    if let wait { synchroniser.wait = .atMost(wait, origin: zero) }
  }

  /// No moment that is still to be told is earlier.
  var bound: MediaTime {
    var bound = synchroniser.pendingTick ?? .distantFuture
    for stream in streams { bound = min(bound, stream.position) }
    return bound
  }

  /// When the wait for the next moment is over; nil if nothing is waited for with a limit.
  var deadline: HostTime? { synchroniser.nextDeadline }

  /// Takes an element of a stream.
  func take(_ element: StreamElement, of stream: StreamSlot, now: HostTime) {
    guard let number = streams.firstIndex(where: { $0 === stream }) else { return }
    var item = Item(epoch: stream.epoch, content: .time)
    var (duration, isUsable) = (MediaDuration.zero, true)
    switch element {
    case .audio(let block): duration = block.duration
    case .video: break
    case .text(let segment):
      duration = segment.duration
      item.content = .text(segment.text)
    case .sensor(let sample):
      item.content = .values(sample.values)
      isUsable = sample.values.allSatisfy(\.isFinite)
    case .gap(let gap): return synchroniser.advance(stream: number, to: gap.time + gap.duration)
    }
    synchroniser.feed(
      item, time: element.time, duration: duration, epoch: item.epoch, isUsable: isUsable, stream: number, now: now)
  }

  /// Tells every moment that is complete or whose wait is over.
  func update(now: HostTime) {
    for (number, stream) in streams.enumerated() {
      if stream.isFinished {
        synchroniser.finish(stream: number, now: now)
      } else {
        synchroniser.advance(stream: number, to: stream.position)
      }
    }
    while true {
      let begun = output.trace?.begin()
      guard let moment = synchroniser.next(now: now) else { return }
      tell(moment, now: now)
      output.trace?.span("synchronise", since: begun, .time("pts", moment.time))
    }
  }

  /// What became of the moments so far.
  var account: MomentAccount {
    var account = MomentAccount()
    account.given = given
    account.late = late
    account.revised = synchroniser.revisions
    account.lost = synchroniser.lateTicks + synchroniser.droppedTicks
    if output.showsTimes, waits.count > 0 { account.wait = ModelAccount.Percentiles(waits) }
    for (number, stream) in streams.enumerated() {
      if let buffer = synchroniser.report(of: number).buffer { account.buffers.append((stream.id, buffer)) }
    }
    return account
  }

  private var given = 0
  private var late = 0

  private func tell(_ moment: SyncMoment<Item>, now: HostTime) {
    record.isCorrection = moment.revises != nil
    record.id = number(of: moment)
    record.stream = tick?.id
    record.epoch = moment.item?.epoch ?? 0
    record.pts = moment.time
    record.isLate = moment.isLate
    record.wait = nil
    if !record.isCorrection {
      given += 1
      late += moment.isLate ? 1 : 0
      if output.showsTimes, wait != nil {
        let waited = max(.zero, now - moment.known)
        record.wait = waited
        waits.record(waited)
      }
    }
    record.parts.removeAll(keepingCapacity: true)
    for (number, stream) in members.enumerated() { record.parts.append(part(number, stream)) }
    output.moment(
      record, order: LineOrder(time: moment.time, stream: tick?.order ?? streams[0].order, model: place))
  }

  /// The number of a moment's event; a correction has that of the moment it corrects.
  private func number(of moment: SyncMoment<Item>) -> Int {
    if let revised = moment.revises, let known = told.first(where: { $0.index == revised }) { return known.id }
    let id = output.newEventID()
    told[nextTold] = (moment.index, id)
    nextTold = (nextTold + 1) % told.count
    return id
  }

  private func part(_ number: Int, _ stream: StreamSlot) -> MomentRecord.Part {
    let found = synchroniser.parts[number]
    var part = MomentRecord.Part(stream: stream.id)
    part.absence = found.absence?.rawValue
    guard found.absence == nil else { return part }
    part.skew = found.skew
    part.age = found.age
    if case .window(_, _, let allowing) = synchroniser.configuration.members[number].policy {
      part.count = found.count
      if allowing != nil { part.uncovered = found.uncovered }
    }
    switch stream.kind {
    case .text:
      var texts: [String] = []
      synchroniser.forEachItem(ofMember: number) { item, _ in
        if case .text(let text) = item.content { texts.append(text) }
      }
      part.texts = texts
    case .sensor: part.values = values(found)
    default: break
    }
    return part
  }

  private func values(_ part: SyncPart<Item>) -> [Double]? {
    guard case .values(var values)? = part.item?.content else { return nil }
    if case .values(let after)? = part.following?.content, after.count == values.count {
      for place in values.indices {
        values[place] = values[place] * (1 - part.fraction) + after[place] * part.fraction
      }
    }
    return values
  }
}
