public import BraidCore

/// A feature computed from sound and pictures of one timeline together.
///
/// Sound and pictures may come by turns in any portions; rows depend on their contents and times alone, as long as neither is
/// more than ten seconds ahead of the other. One thread at a time; allocates: only when the size of the pictures changes.
public protocol SoundAndPictureFeature: AnyObject {
  /// Samples a second of the one channel that it takes.
  var sampleRate: Int { get }
  /// Values in a row.
  var dimension: Int { get }
  /// No row that is still to come has an earlier time; nil before the first sample and picture.
  var bound: MediaTime? { get }

  /// Takes the next samples.
  ///
  /// - Parameters:
  ///   - samples: one channel, full scale at ±1.
  ///   - time: of the first of them. Counts for the first after the start or ``breakSound()`` only; the others follow.
  ///   - row: called with the row's `dimension` values, which are valid during the call, and its time.
  func push(_ samples: Span<Float>, time: MediaTime, row: (Span<Float>, MediaTime) -> Void)

  /// Takes the next picture; see ``PictureFeature`` for the first three.
  func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>, MediaTime) -> Void)

  /// What comes next in the sound does not follow what came before it.
  func breakSound()

  /// What comes next in the picture does not follow what came before it.
  func breakPictures()

  /// The sound or the pictures have ended: hands out what is left. Only ``reset()`` may follow.
  func finish(row: (Span<Float>, MediaTime) -> Void)

  /// Forgets everything.
  func reset()
}
