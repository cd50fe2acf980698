internal import BraidCore
internal import BraidFeatures

/// Tells the default events of one stream: speech and hits on sound, motion, scene cuts and hits on pictures.
///
/// For the session's thread. Allocates: no, in the steady state.
final class DetectorStage {
  private struct SoundDetectors {
    let speech: SpeechActivityDetector
    var hits = SoundHitDetector()
  }

  private struct PictureDetectors {
    var motion = MotionDetector()
    var cuts = SceneCutDetector()
    var hits = PictureHitDetector()
  }

  let stream: StreamSlot
  // One of the two pairs, by the stream's kind; changed in place, so that nothing is copied.
  private var sound: SoundDetectors?
  private var picture = PictureDetectors()
  private let pictures: PicturePath?
  private let path: SoundPath?
  private let output: SessionOutput
  /// The stage's place behind the models and features, so that lines at one time have an order.
  private let place: Int
  /// The interval that has begun and is not over: its number, and when it began.
  private var open: (id: Int, start: MediaTime)?
  private var isFresh = true

  /// Speech and hits on a stream's sound at 16 kHz.
  init(stream: StreamSlot, path: SoundPath, place: Int, output: SessionOutput) throws(FeatureError) {
    self.stream = stream
    self.place = place
    self.output = output
    pictures = nil
    self.path = path
    sound = SoundDetectors(speech: try SpeechActivityDetector())
    path.listen { [unowned self] samples, time in self.takeSound(samples, at: time) }
  }

  /// Motion, cuts and hits on a stream's pictures.
  init(stream: StreamSlot, path: PicturePath, place: Int, output: SessionOutput) {
    self.stream = stream
    self.place = place
    self.output = output
    pictures = path
    self.path = nil
  }

  /// Looks at the newest picture.
  func takePicture(_ frame: VideoFrame) {
    guard let path = pictures else { return }
    let found = path.picture(age: 0) { newest in
      let luma = newest.pixels.span
      return (
        picture.motion.update(luma, width: path.width, height: path.height, time: frame.time),
        picture.cuts.update(luma, width: path.width, height: path.height, time: frame.time),
        picture.hits.update(luma, width: path.width, height: path.height, time: frame.time)
      )
    }
    guard let (interval, cut, hit) = found else { return }
    if let interval { tell("motion", interval) }
    if let cut { tell("cut", at: cut.time, score: cut.score) }
    if let hit { tell(hit) }
  }

  /// The run has ended: what is open is closed.
  func endRun() {
    if sound != nil {
      sound?.speech.finish { tell("speech", $0) }
      if let hit = sound?.hits.finish() { tell(hit) }
      isFresh = true
    } else {
      if let interval = picture.motion.finish() { tell("motion", interval) }
      if let cut = picture.cuts.finish() { tell("cut", at: cut.time, score: cut.score) }
      if let hit = picture.hits.finish() { tell(hit) }
      picture = PictureDetectors()
    }
  }

  private func takeSound(_ samples: Span<Float>, at time: MediaTime) {
    if isFresh {
      sound?.speech.reset(time: time)
      sound?.hits.reset(time: time)
    }
    isFresh = false
    sound?.speech.push(samples) { tell("speech", $0) }
    sound?.hits.push(samples) { tell($0) }
  }

  /// The time of what a detector told. Those of sound count samples; what they count is on the stream's true time line.
  private func time(_ counted: MediaTime) -> MediaTime { path?.time(byCount: counted) ?? counted }

  private func tell(_ name: String, _ interval: DetectedInterval) {
    let open = open ?? (output.newEventID(), time(interval.start))
    self.open = interval.isFinal ? nil : open
    var event = EventRecord()
    event.name = name
    event.id = open.id
    event.pts = open.start
    event.duration = time(interval.end) - open.start
    event.isFinal = interval.isFinal
    event.score = interval.score
    tell(event)
  }

  private func tell(_ hit: DetectedHit) { tell("hit", at: time(hit.time), score: hit.score) }

  private func tell(_ name: String, at time: MediaTime, score: Float) {
    var event = EventRecord()
    event.name = name
    event.id = output.newEventID()
    event.pts = time
    event.score = score
    tell(event)
  }

  private func tell(_ event: EventRecord) {
    var event = event
    event.stream = stream.id
    event.epoch = stream.epoch
    // An event takes its place among the lines when it becomes certain, which is after it began.
    let time = stream.isFinished ? stream.end : stream.position
    output.event(event, order: LineOrder(time: time, stream: stream.order, model: place))
  }
}
