internal import BraidCore
internal import CFFTW

/// How FFTW chooses its algorithms, for the whole process.
public enum FFTPlanning: String, Hashable, Sendable {
  /// By rules: planned in a millisecond, and the same bits in every run. What holds unless something else is set.
  case estimated
  /// By trying them out: about a tenth faster where it gains at all, tenths of a second of planning for each length, and
  /// in another run possibly other last bits.
  case measured

  /// FFTW's planner and the freeing of plans are not safe to run in two threads; executing plans is.
  private static let planner = Guarded(FFTPlanning.estimated)

  /// What transforms made from now on are planned by. Any thread; those already made stay as they are.
  public static var current: FFTPlanning {
    get { planner.withLock { $0 } }
    set { planner.withLock { $0 = newValue } }
  }

  /// Calls `plan` with FFTW's flags while no other thread plans.
  static func plan(_ plan: (UInt32) -> Void) {
    planner.withLock { plan(UInt32($0 == .measured ? FFTW_MEASURE : FFTW_ESTIMATE)) }
  }
}
