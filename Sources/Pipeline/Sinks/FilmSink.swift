internal import BraidCore
internal import BraidRender

/// A film of one stream's pictures with what was found in them, as the session's thread sees it.
///
/// A picture is held until everything at its time has been told, then goes to the sink's thread with what is to be drawn. What is drawn
/// depends on what was told at its time and before, never on what has come since. For the session's thread. Allocates: for each
/// picture.
final class FilmSink {
  /// What a model found in a picture.
  private struct Finding {
    var model: String
    var time: MediaTime
    var boxes: [Overlay.Box]
    var lines: [String]
    var latency: MediaDuration?
  }

  private struct Mark {
    var id: Int
    /// The place among the lines of the one that told it.
    var told: MediaTime
    var start: MediaTime
    /// Nil while it is open.
    var end: MediaTime?
    /// From when on the end is known.
    var ended = MediaTime.distantFuture
    var text: String
  }

  let setting: SinkSetting
  let channel: SinkChannel
  /// The stream's place in the session.
  let stream: Int
  private let soundStream: Int?
  private let models: Set<String>?
  private let store: FilmStore
  private var held: [VideoFrame] = []
  private var findings: [Finding] = []
  private var marks: [Mark] = []
  private var wave = WaveHistory()
  private var number: Int64 = 0
  private var hasLeftOutSound = false
  /// Bytes of pixels that are held.
  private(set) var heldBytes = 0
  /// How long boxes are shown in pictures that were not looked at.
  private static let shownTime = MediaDuration.milliseconds(500)

  /// A film of the stream at a place in the session, with the sound of that at `soundStream`, if any, and with what `models` find, or
  /// all where that is nil. Pictures go to the sink's thread by way of `store`.
  init(
    _ setting: SinkSetting, channel: SinkChannel, store: FilmStore, stream: Int, soundStream: Int?, models: Set<String>?
  ) {
    self.setting = setting
    self.channel = channel
    self.store = store
    self.stream = stream
    self.soundStream = soundStream
    self.models = models
  }

  /// Takes a picture of the stream.
  func take(_ frame: VideoFrame) {
    held.append(frame)
    heldBytes += frame.byteCount
  }

  /// Takes sound of a stream.
  func take(_ block: AudioBlock, of stream: Int) {
    guard stream == soundStream else { return }
    wave.take(block)
    // While no pictures come, nothing else lets go what they would show.
    if held.isEmpty { forget(before: block.time - Self.shownTime) }
    guard !store.add(block, drops: channel.drop != .none), !hasLeftOutSound else { return }
    hasLeftOutSound = true
    channel.note("\(setting.id): sound is left out where no pictures come for long")
  }

  /// Hears what a model found in a picture of the stream.
  func hear(_ record: ResultRecord, stream: Int) {
    guard stream == self.stream, models?.contains(record.model) ?? true else { return }
    let (boxes, lines) = FilmDrawing.parts(of: record.output)
    findings.append(
      Finding(model: record.model, time: record.pts, boxes: boxes, lines: lines, latency: record.latency?.total))
  }

  /// Hears of an event that is told at `time`.
  func hear(_ event: EventRecord, at time: MediaTime) {
    guard event.change == nil, event.model.map({ models?.contains($0) ?? true }) ?? true else { return }
    let end = event.isFinal ? event.pts + max(event.duration, event.duration > .zero ? .zero : Self.shownTime) : nil
    if let place = marks.lastIndex(where: { $0.id == event.id }) {
      marks[place].end = end
      marks[place].ended = time
      return
    }
    let text = event.name + (event.score.map { " " + FilmDrawing.score($0) } ?? "")
    marks.append(
      Mark(
        id: event.id, told: time, start: event.pts, end: end, ended: event.isFinal ? time : .distantFuture, text: text))
  }

  /// Hands on the pictures before `bound`, for which everything has been told, and those that are held though `limit` bytes are.
  func release(before bound: MediaTime, limit: Int = .max, isGivenUp: () -> Bool) {
    var count = 0
    while count < held.count, held[count].time < bound || heldBytes > limit {
      let frame = held[count]
      heldBytes -= frame.byteCount
      count += 1
      let overlay = overlay(at: frame.time)
      number += 1
      store.put(frame, overlay, number: number)
      let isTaken = channel.offer([], tag: number, isGivenUp: isGivenUp)
      if !isTaken { store.drop(number) }
      if channel.drop == .oldest { store.drop(before: channel.firstTag ?? number) }
      forget(before: frame.time)
    }
    held.removeFirst(count)
  }

  private func overlay(at time: MediaTime) -> Overlay {
    var overlay = Overlay()
    overlay.figures = [FilmDrawing.clock(time)]
    var seen: Set<String> = []
    for finding in findings.reversed() where finding.time <= time && seen.insert(finding.model).inserted {
      let isOld = finding.time < time
      guard time - finding.time <= Self.shownTime else { continue }
      for var box in finding.boxes {
        box.isOld = isOld
        overlay.boxes.append(box)
      }
      overlay.events += finding.lines
      if let latency = finding.latency {
        let name = finding.model.prefix { $0 != "@" }
        overlay.figures.append("\(name) \(FilmDrawing.milliseconds(latency))")
      }
    }
    for mark in marks where mark.told <= time && mark.start <= time {
      // Its end counts from when it was told.
      if mark.ended <= time, let end = mark.end, end <= time { continue }
      overlay.events.append(mark.text)
    }
    if soundStream != nil { overlay.wave = wave.before(time) }
    return overlay
  }

  private func forget(before time: MediaTime) {
    var newest: Set<String> = []
    for finding in findings.reversed() where finding.time <= time && newest.insert(finding.model).inserted {
      findings.removeAll { $0.model == finding.model && $0.time < finding.time }
    }
    marks.removeAll { mark in
      guard let end = mark.end else { return false }
      return max(end, mark.ended) < time
    }
    wave.forget(before: time)
  }
}
