internal import BraidCore

/// Makes one time line of a stream's stamps, by these rules.
///
/// - An epoch that begins at or before the newest time is moved to go on one usual distance after it: the newest item's
///   duration, else the last step forward. A time of an epoch that is over is refused.
/// - Within an epoch, a time further than the jump's limit from the newest is suspected. The next one decides: if it is
///   near the suspect, and nearer to it than to the newest, time has jumped: ahead it is taken as it is, back it is moved as
///   above. Else the suspect was an outlier and is refused.
/// - Each of these begins a new run.
///
/// Equal times are dealt with by ``StreamHistory``. Allocates: no.
struct StampRepair {
  enum Verdict: Equatable {
    case accept(MediaTime)
    case refuse
    /// The caller keeps the item until the next one.
    case suspect
    /// What was suspected is right and comes first.
    case confirm(MediaTime, MediaTime)
  }

  private let jumpLimit: MediaDuration?
  private(set) var run = 0
  private(set) var shift = MediaDuration.zero
  private(set) var newest: MediaTime?
  private var distance = MediaDuration(nanoseconds: 1)
  private var duration = MediaDuration.zero
  private var epoch: Int?
  private(set) var suspect: MediaTime?

  init(jumpLimit: MediaDuration?) {
    self.jumpLimit = jumpLimit
  }

  /// Judges the next stamp, in the order of arrival.
  mutating func take(_ stamp: MediaTime, epoch: Int, report: inout SyncStreamReport) -> Verdict {
    if let current = self.epoch, current != epoch {
      guard epoch > current else {
        report.stale += 1
        return .refuse
      }
      dropSuspect(&report)
      shift = .zero
      run += 1
      if let newest, stamp <= newest { rewind(stamp, newest, &report) }
    }
    self.epoch = epoch
    guard let newest, let jumpLimit else { return .accept(stamp + shift) }
    let time = stamp + shift
    if let suspect {
      let isNear = (time - suspect).magnitude <= jumpLimit && (time - suspect).magnitude < (time - newest).magnitude
      if isNear { return confirm(suspect, stamp, newest, &report) }
      dropSuspect(&report)
    }
    guard (time - newest).magnitude > jumpLimit else { return .accept(time) }
    suspect = time
    return .suspect
  }

  /// Takes note of a time that was put in place.
  mutating func accepted(_ time: MediaTime, duration: MediaDuration) {
    guard time > newest ?? .distantPast else { return }
    if let newest { distance = time - newest }
    newest = time
    self.duration = duration
  }

  /// Where the suspect is if nothing follows it: nil if it is to be refused.
  mutating func takeSuspect(_ report: inout SyncStreamReport) -> MediaTime? {
    guard let suspect, suspect > newest ?? .distantPast else {
      dropSuspect(&report)
      return nil
    }
    self.suspect = nil
    run += 1
    report.jumps += 1
    return suspect
  }

  private mutating func confirm(
    _ suspect: MediaTime, _ stamp: MediaTime, _ newest: MediaTime, _ report: inout SyncStreamReport
  ) -> Verdict {
    self.suspect = nil
    run += 1
    if suspect < newest {
      let own = suspect - shift
      rewind(MediaTime(nanoseconds: own.nanoseconds), newest, &report)
      return .confirm(own + shift, stamp + shift)
    }
    report.jumps += 1
    return .confirm(suspect, stamp + shift)
  }

  private mutating func rewind(_ stamp: MediaTime, _ newest: MediaTime, _ report: inout SyncStreamReport) {
    let usual = duration > .zero ? duration : distance
    shift = newest + max(MediaDuration(nanoseconds: 1), usual) - stamp
    report.rewinds += 1
    report.shift = shift
  }

  private mutating func dropSuspect(_ report: inout SyncStreamReport) {
    if suspect != nil { report.outliers += 1 }
    suspect = nil
  }
}
