internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// One run of one model: what goes in, what comes out, and the times in between.
///
/// Made once and used again and again. Belongs to the session's thread until it is submitted, to the inference thread
/// until it is completed, and to the session's thread again.
final class ModelJob: @unchecked Sendable {
  // SAFETY: one owner at a time; the lock of ``JobQueue`` hands it over.

  /// A part of the picture that is looked at.
  struct Crop {
    var detection: ModelOutput.Detection
    var region: PictureRegion
  }

  /// Its place among the session's jobs, which the scheduler knows it by.
  let place: Int
  /// Which of the session's models.
  let model: Int
  /// Which of the model's jobs it is at present, for traces.
  var number = 0

  // What goes in.

  /// A picture that the inference thread scales itself; nil where everything is staged.
  var frame: VideoFrame?
  /// The picture that it was, while others look at what is found in it; the inference thread leaves it alone.
  var original: VideoFrame?
  /// The parts of ``frame`` that are looked at, best first; empty for a model that takes the whole.
  var crops: [Crop] = []
  /// For how many of ``crops`` there is time: the first so many.
  var runCount = 1
  /// Values for the model's inputs, by their place in the description; empty for those that are not staged.
  var staged: [[Float]]
  /// Whether carried state begins at zero.
  var resetsState = false

  // What is known of it.

  /// The first instant of what is used.
  var start = MediaTime.zero
  /// The length of what is used.
  var duration = MediaDuration.zero
  /// What the output's values stand for: the time of the first, and the distance to the next.
  var outputTime = MediaTime.zero
  /// How many detections there were, those included for which there are no crops.
  var found = 0
  /// The size of the picture that is looked at, or that crops are of; zero for sound.
  var pictureSize = (width: 0, height: 0)
  /// The time that gates are asked about: that of the newest picture, or the last instant of a window.
  var asks = MediaTime.zero
  var epoch = 0
  /// The window's number since the run of sound began, or 0.
  var window = 0
  var captured: HostTime?
  /// Which of the scheduler's servers it keeps busy.
  var server = 0
  /// How much is in it, for the scheduler.
  var content = 1.0
  var isProbe = false
  var lost = SkipCounts()
  var skews: [ResultRecord.Skew] = []
  /// What the session's thread does once it has been told.
  var sequels: [ModelStage.Sequel] = []

  // When.

  var taken = HostTime(nanoseconds: 0)
  var synchronised = HostTime(nanoseconds: 0)
  /// When the result was there that the crops are of; nil for what takes no crops.
  var cascaded: HostTime?
  var ready = HostTime(nanoseconds: 0)
  var started = HostTime(nanoseconds: 0)
  var finished = HostTime(nanoseconds: 0)

  // What comes out.

  /// Which form of the model it is run in, 0 the best.
  var rung = 0
  /// Every output of each form, as real numbers, in the order of the best form's. Written here: an accessor for one form would
  /// allocate its frame at every run.
  var forms: [[[Float]]]
  /// Every output of the form that was run.
  var outputs: [[Float]] { forms[rung] }
  /// Why there is none.
  var failure: (any DescribedError)?

  /// Bytes of the picture that it keeps alive. Of a job under way, only where it has an ``original``.
  var pictureBytes: Int { (original ?? frame)?.byteCount ?? 0 }

  /// Its way, for traces.
  var flow: TraceFlow { .job(model: model, number: number) }

  /// A job with room for so many values of each input that is staged, and of each output of each form of the model.
  init(place: Int, model: Int, staged: [Int], outputs: [[Int]]) {
    self.place = place
    self.model = model
    self.staged = staged.map { Array(repeating: 0, count: $0) }
    forms = outputs.map { $0.map { Array(repeating: 0, count: $0) } }
  }
}
