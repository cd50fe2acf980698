import BraidCore

/// What a machine's moments are worth beside the oracle's.
struct HostileVerdict {
  /// Members of moments that were compared.
  var pairs = 0
  /// As the oracle, which sees everything.
  var agreed = 0
  /// Not as the oracle, but as it decides without what came after the moment had been released because its wait was
  /// over, a stream's jitter buffer was, or a stream was silent, or what came further behind than the stated lateness: what
  /// the rules say. Not counted as agreement.
  var apart = 0
  /// The same, for each member.
  var apartOfMembers: [Int] = []
  /// Neither.
  var wrong = 0
  /// With corrections: members as they are after all of them, those that are not as the oracle, and revisions.
  var settledPairs = 0
  var settledWrong = 0
  var revisions = 0
  /// Ticks that gave no moment: they came after a later one's had been released.
  var lateTicks = 0
  /// Ticks that gave no moment without such a reason.
  var lostTicks = 0
  var moments = 0
  /// Moments released after the tick was known by more than the limit.
  var overdue = 0
  /// Reported skew against the true one, in milliseconds, of sources that have been watched for 10 s (a clock's rate is not
  /// told before), and of all.
  var skewErrors: [Double] = []
  var allSkewErrors: [Double] = []
  /// From when the tick was known to its moment, in milliseconds.
  var waits: [Double] = []
  /// The first few that are wrong.
  var complaints: [String] = []

  /// Agreements among the pairs that the rules let agree.
  var agreement: Double { agreed + wrong > 0 ? Double(agreed) / Double(agreed + wrong) : 1 }

  static func percentile(_ values: [Double], _ share: Double) -> Double {
    values.isEmpty ? 0 : values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
  }

  mutating func add(_ other: HostileVerdict) {
    pairs += other.pairs
    agreed += other.agreed
    apart += other.apart
    for member in other.apartOfMembers.indices {
      if apartOfMembers.count <= member { apartOfMembers.append(0) }
      apartOfMembers[member] += other.apartOfMembers[member]
    }
    wrong += other.wrong
    settledPairs += other.settledPairs
    settledWrong += other.settledWrong
    revisions += other.revisions
    lateTicks += other.lateTicks
    lostTicks += other.lostTicks
    moments += other.moments
    overdue += other.overdue
    skewErrors += other.skewErrors
    allSkewErrors += other.allSkewErrors
    waits += other.waits
    complaints += other.complaints
  }

  /// One line for people.
  func line(_ name: String) -> String {
    func percent(_ value: Double) -> String { "\((value * 1e5).rounded() / 1e3) %" }
    func number(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
    return "\(name): \(moments) moments, \(pairs) pairs, as the oracle \(percent(agreement)), wrong \(wrong), "
      + "apart by the rules \(percent(Double(apart) / Double(max(1, pairs)))), \(apartOfMembers), late ticks \(lateTicks), "
      + "lost \(lostTicks), skew error p50 \(number(Self.percentile(skewErrors, 0.5))) "
      + "p99 \(number(Self.percentile(skewErrors, 0.99))) ms "
      + "(with the first 10 s p99 \(number(Self.percentile(allSkewErrors, 0.99)))), wait p50 \(number(Self.percentile(waits, 0.5))) "
      + "p99 \(number(Self.percentile(waits, 0.99))) max \(number(waits.max() ?? 0)) ms, over the limit \(overdue)"
      + (settledPairs > 0 ? ", \(revisions) revisions, after them wrong \(settledWrong) of \(settledPairs)" : "")
  }
}
