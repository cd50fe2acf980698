internal import BraidCore
internal import BraidFeatures

/// Tells the default events of one stream: speech on sound, motion and scene cuts on pictures.
///
/// For the session's thread. Allocates: no, in the steady state.
final class DetectorStage {
  private enum Detectors {
    case sound(SpeechActivityDetector)
    case picture(PicturePath, MotionDetector, SceneCutDetector)
  }

  let stream: StreamSlot
  private var detectors: Detectors
  private let output: SessionOutput
  /// The stage's place behind the models and features, so that lines at one time have an order.
  private let place: Int
  private var openID: Int?
  private var isFresh = true

  /// Speech on a stream's sound at 16 kHz.
  init(stream: StreamSlot, path: SoundPath, place: Int, output: SessionOutput) throws(FeatureError) {
    self.stream = stream
    self.place = place
    self.output = output
    detectors = .sound(try SpeechActivityDetector())
    path.listen { [unowned self] samples, time in self.takeSound(samples, at: time) }
  }

  /// Motion and cuts on a stream's pictures.
  init(stream: StreamSlot, path: PicturePath, place: Int, output: SessionOutput) {
    self.stream = stream
    self.place = place
    self.output = output
    detectors = .picture(path, MotionDetector(), SceneCutDetector())
  }

  /// Looks at the newest picture.
  func takePicture(_ frame: VideoFrame) {
    guard case .picture(let path, var motion, var cuts) = detectors else { return }
    let (interval, cut) =
      path.picture(age: 0) { picture in
        (
          motion.update(picture.pixels.span, width: path.width, height: path.height, time: frame.time),
          cuts.update(picture.pixels.span, width: path.width, height: path.height, time: frame.time)
        )
      } ?? (nil, nil)
    detectors = .picture(path, motion, cuts)
    if let interval { tell("motion", interval) }
    if let cut { tell(cut) }
  }

  /// The run has ended: what is open is closed.
  func endRun() {
    switch detectors {
    case .sound(let speech):
      speech.finish { tell("speech", $0) }
      isFresh = true
    case .picture(let path, var motion, var cuts):
      if let interval = motion.finish() { tell("motion", interval) }
      if let cut = cuts.finish() { tell(cut) }
      detectors = .picture(path, MotionDetector(), SceneCutDetector())
    }
  }

  private func takeSound(_ samples: Span<Float>, at time: MediaTime) {
    guard case .sound(let speech) = detectors else { return }
    if isFresh { speech.reset(time: time) }
    isFresh = false
    speech.push(samples) { tell("speech", $0) }
  }

  private func tell(_ name: String, _ interval: DetectedInterval) {
    var event = EventRecord()
    event.name = name
    event.id = openID ?? output.newEventID()
    openID = interval.isFinal ? nil : event.id
    event.pts = interval.start
    event.duration = interval.end - interval.start
    event.isFinal = interval.isFinal
    event.score = interval.score
    tell(event)
  }

  private func tell(_ cut: SceneCutDetector.Cut) {
    var event = EventRecord()
    event.name = "cut"
    event.id = output.newEventID()
    event.pts = cut.time
    event.score = cut.score
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
