internal import BraidCore
internal import BraidIngest

/// One stream of the session: its ring, where it is, and who takes what comes.
///
/// For the session's thread.
final class StreamSlot {
  /// The stream's place in the session.
  let order: Int
  /// `video:0`
  let id: String
  let kind: InputStreamKind
  /// Which input.
  let input: Int
  let description: StreamDescription
  let ring: Ring

  /// The time of the newest element that was taken, or the ring's bound: nothing earlier will be taken.
  private(set) var position = MediaTime.distantPast
  /// Whether everything has been taken.
  private(set) var isFinished = false
  /// The present run.
  private(set) var epoch = 0
  /// Samples or frames that reached the session.
  private(set) var delivered = 0
  /// How long the newest picture is shown.
  private(set) var frameDuration = MediaDuration.zero
  /// The end of the newest element.
  private(set) var end = MediaTime.zero

  /// The stream's sound, at each rate that somebody takes.
  var sounds: [SoundPath] = []
  /// The stream's pictures, at each size that somebody takes.
  var pictures: [PicturePath] = []
  /// How much is in its newest picture; nil where nobody asks.
  var content: PictureContent?
  /// The models that tick on this stream.
  var models: [ModelStage] = []
  /// What a trace calls it.
  let subject: TraceSubject

  init(
    order: Int, id: String, kind: InputStreamKind, input: Int, description: StreamDescription, ring: Ring,
    subject: TraceSubject = .none
  ) {
    self.order = order
    self.id = id
    self.kind = kind
    self.input = input
    self.description = description
    self.ring = ring
    self.subject = subject
  }

  /// Notes an element that was taken from the ring.
  func note(_ element: StreamElement) {
    position = max(position, element.time)
    delivered += element.unitCount
    switch element {
    case .audio(let block):
      epoch = block.epoch
      end = block.end
    case .video(let frame):
      epoch = frame.epoch
      frameDuration = frame.duration
      end = frame.time + frame.duration
    case .text(let segment):
      epoch = segment.epoch
      end = max(end, segment.time)
    case .sensor(let sample):
      epoch = sample.epoch
      end = max(end, sample.time)
    case .gap(let gap):
      epoch = gap.newEpoch
      // Stamps may jump back: what follows begins anew.
      position = gap.time
    }
  }

  /// Notes how far the stream has come without an element.
  func note(bound: MediaTime) {
    if bound != .distantFuture { position = max(position, bound) }
  }

  /// Notes that everything has been taken.
  func finish() {
    isFinished = true
    position = .distantFuture
  }
}
