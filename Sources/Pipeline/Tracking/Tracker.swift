internal import BraidCore

/// Follows what a detector finds: gives each detection the number of the thing that it is of.
///
/// Association in stages as in Zhang et al., "ByteTrack: multi-object tracking by associating every detection box" (2022), with the
/// motion of Bewley et al., "Simple online and realtime tracking" (2016): sure detections are paired with what was followed, lost
/// or not; then unsure ones with what is left and was in sight at the last picture; then sure ones with what has been seen but for a
/// moment. Pairs are those that overlap most in sum, of one label, and exactly so (``Assignment``); of sure detections the overlap is
/// weighed with the score, as the authors' code does. Sure detections that remain begin something new. What begins and what is given
/// up is a matter of time, not of pictures: a session skips some. At most ``limit`` things are followed, however many a noisy detector
/// finds. One thread at a time; allocates: no, in the steady state below that limit.
struct Tracker {
  /// How things are followed.
  struct Settings: Hashable {
    /// Detections from this score on are sure: they may begin something.
    var high: Float = 0.5
    /// How long something has to be seen for before it has a number; at least twice in any case, unless this is zero.
    var birth = MediaDuration.milliseconds(40)
    /// How long something may be out of sight.
    var lost = MediaDuration.seconds(1)
  }

  /// The least overlap of pairs in each stage, of sure detections that times their score: ByteTrack's.
  private static let sureOverlap = 0.2
  private static let unsureOverlap = 0.5
  private static let youngOverlap = 0.3

  /// The most things that are followed: of more, those that have been out of sight for longest are given up.
  static let limit = 1000

  private let settings: Settings
  /// How many things are followed, lost ones too.
  var followed: Int { tracks.count }
  private var tracks: [Track] = []
  private var time: MediaTime?
  private var count = 0

  // Scratch: which tracks and detections are paired, and those of a stage.

  private var assignment = Assignment()
  private var gains: [Double] = []
  private var trackOf: [Int?] = []
  private var isFound: [Bool] = []
  private var rows: [Int] = []
  private var columns: [Int] = []

  init(_ settings: Settings) { self.settings = settings }

  /// Forgets everything; numbers begin at 1 again.
  mutating func reset() {
    tracks.removeAll(keepingCapacity: true)
    count = 0
    time = nil
  }

  /// Gives what was found in the picture of a time its numbers, and takes out what is neither sure nor followed. A detection of
  /// something that has not been seen for long enough has no number.
  ///
  /// - Parameters:
  ///   - detections: what was found; its order stays.
  ///   - time: that of the picture. If it goes back, everything begins anew, but no number is given twice.
  mutating func update(_ detections: inout [ModelOutput.Detection], at time: MediaTime) {
    if let last = self.time, time < last { tracks.removeAll(keepingCapacity: true) }
    self.time = time
    let lost = settings.lost
    tracks.removeAll { time - $0.seen > lost }
    for place in tracks.indices { tracks[place].predict(to: time) }
    trackOf.removeAll(keepingCapacity: true)
    isFound.removeAll(keepingCapacity: true)
    for _ in detections { trackOf.append(nil) }
    for _ in tracks { isFound.append(false) }
    let high = settings.high
    pair(detections, atLeast: Self.sureOverlap, weighsScore: true) {
      $0.number != nil
    } and: {
      $0.score >= high
    }
    pair(detections, atLeast: Self.unsureOverlap) {
      $0.number != nil && !$0.isLost
    } and: {
      $0.score < high
    }
    pair(detections, atLeast: Self.youngOverlap, weighsScore: true) {
      $0.number == nil
    } and: {
      $0.score >= high
    }
    for place in detections.indices {
      if let track = trackOf[place] {
        tracks[track].update(detections[place])
      } else if detections[place].score >= high {
        trackOf[place] = tracks.count
        tracks.append(Track(detections[place], at: time))
        isFound.append(true)
      }
    }
    for place in detections.indices {
      if let track = trackOf[place] { detections[place].track = number(of: track, at: time) }
    }
    keep(&detections)
    giveUp()
  }

  /// Gives up what has been out of sight for longest, where too much is followed.
  private mutating func giveUp() {
    let excess = tracks.count - Self.limit
    guard excess > 0 else { return }
    let last = tracks.map(\.seen).sorted()[excess - 1]
    // Of those that were last seen together some may stay.
    var rest = excess
    tracks.removeAll { track in
      guard rest > 0, track.seen <= last else { return false }
      rest -= 1
      return true
    }
  }

  /// Takes out what was seen but for a moment and is gone, and detections that are neither sure nor followed.
  private mutating func keep(_ detections: inout [ModelOutput.Detection]) {
    var kept = 0
    for place in tracks.indices where isFound[place] || tracks[place].number != nil {
      if kept != place { tracks[kept] = tracks[place] }
      if !isFound[place] { tracks[kept].miss() }
      kept += 1
    }
    tracks.removeLast(tracks.count - kept)
    kept = 0
    for place in detections.indices where trackOf[place] != nil {
      if kept != place { detections[kept] = detections[place] }
      kept += 1
    }
    detections.removeLast(detections.count - kept)
  }

  /// The number of a track that was seen now, if it has been seen for long enough.
  private mutating func number(of place: Int, at time: MediaTime) -> Int? {
    if tracks[place].number == nil, settings.birth == .zero || time > tracks[place].born,
      time - tracks[place].born >= settings.birth
    {
      count += 1
      tracks[place].number = count
    }
    return tracks[place].number
  }

  /// Pairs the free tracks and detections of a stage.
  private mutating func pair(
    _ detections: [ModelOutput.Detection], atLeast least: Double, weighsScore: Bool = false, _ takes: (Track) -> Bool,
    and takesDetection: (ModelOutput.Detection) -> Bool
  ) {
    rows.removeAll(keepingCapacity: true)
    columns.removeAll(keepingCapacity: true)
    for place in tracks.indices where !isFound[place] && takes(tracks[place]) { rows.append(place) }
    for place in detections.indices where trackOf[place] == nil && takesDetection(detections[place]) {
      columns.append(place)
    }
    guard !rows.isEmpty, !columns.isEmpty else { return }
    gains.removeAll(keepingCapacity: true)
    for row in rows {
      for column in columns {
        let isSame = tracks[row].label == detections[column].label
        let weight = weighsScore ? Double(detections[column].score) : 1
        gains.append(isSame ? max(0, weight * tracks[row].overlap(detections[column]) - least) : 0)
      }
    }
    assignment.solve(rows: rows.count, columns: columns.count, gains: gains) { row, column in
      trackOf[columns[column]] = rows[row]
      isFound[rows[row]] = true
    }
  }
}
