public import BraidCore

/// Where one scene is cut to another.
///
/// A picture is a candidate when its difference to the one before (see ``difference``) is above 0.4 and three times the
/// mean of the last eight. It becomes a cut when the next two pictures also differ from the one before the candidate, by
/// more than 0.3 (after a flash they do not), and from each other by less than three quarters of what the candidate did
/// (in a whip of the camera they do not). A cut is therefore known two pictures after it. Allocates: only for candidates,
/// and when the picture's size changes.
public struct SceneCutDetector: Sendable {
  /// A cut.
  public struct Cut: Hashable, Sendable {
    /// The time of the first picture of the new scene.
    public let time: MediaTime
    /// How different it is, 0 to 1.
    public let score: Float
  }

  /// The difference of the last picture to the one before, 0 to 1; 0 for the first.
  public private(set) var difference: Float = 0

  private struct Candidate {
    var time: MediaTime
    var score: Float
    var before: SceneDescriptor
    var followers = 0
  }

  private static let threshold: Float = 0.4
  private static let memory = 8

  private var current = SceneDescriptor()
  private var previous = SceneDescriptor()
  private var hasPicture = false
  private var recent: [Float] = []
  private var candidate: Candidate?

  /// A detector that has seen no picture.
  public init() {
    recent.reserveCapacity(Self.memory + 1)
  }

  /// Takes the next picture.
  ///
  /// - Parameters:
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  ///   - time: the picture's.
  /// - Returns: a cut that this picture makes certain; it lies two pictures back. After a change of size nothing is
  ///   compared.
  /// - Precondition: `luma` holds `width * height` bytes.
  public mutating func update(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime) -> Cut? {
    swap(&previous, &current)
    current.update(luma, width: width, height: height)
    guard hasPicture, current.blocks.matches(previous.blocks) else {
      hasPicture = true
      difference = 0
      candidate = nil
      recent.removeAll(keepingCapacity: true)
      return nil
    }
    difference = current.difference(previous)
    let wasFollowing = candidate != nil
    let cut = follow()
    if !wasFollowing, difference > Self.threshold, difference > 3 * recentMean {
      candidate = Candidate(time: time, score: difference, before: previous)
    }
    if recent.count == Self.memory { recent.removeFirst() }
    recent.append(difference)
    return cut
  }

  /// At the end: a candidate that no further picture can speak against.
  public mutating func finish() -> Cut? {
    defer { candidate = nil }
    return candidate.map { Cut(time: $0.time, score: $0.score) }
  }

  /// Forgets everything. For gaps and new epochs.
  public mutating func reset() { self = SceneCutDetector() }

  /// Holds the picture after a candidate against it.
  private mutating func follow() -> Cut? {
    guard let open = candidate else { return nil }
    if difference > 0.75 * open.score || current.difference(open.before) < 0.3 {
      candidate = nil
      return nil
    }
    candidate?.followers += 1
    guard open.followers + 1 >= 2 else { return nil }
    candidate = nil
    return Cut(time: open.time, score: open.score)
  }

  private var recentMean: Float { recent.isEmpty ? 0 : recent.reduce(0, +) / Float(recent.count) }
}
