import BraidCore

/// When a lost source is tried again: at once, then after waits that double up to a limit, each drawn at random around its
/// length so that many clients do not come back together.
struct ReconnectSchedule {
  private let options: LiveOptions
  private let random: @Sendable () -> Double
  private var wait: MediaDuration
  /// Attempts since the last ``succeeded()``.
  private(set) var attempts = 0

  /// A schedule that draws from `random`, which gives numbers from 0 up to 1.
  init(_ options: LiveOptions, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) {
    self.options = options
    self.random = random
    wait = max(.zero, options.reconnectWait)
  }

  /// The wait before the next attempt; nil when as many as are allowed in a row have failed.
  mutating func next() -> MediaDuration? {
    if let limit = options.reconnectLimit, attempts >= limit { return nil }
    attempts += attempts < .max ? 1 : 0
    if attempts == 1 { return .zero }
    let length = min(wait, max(.zero, options.longestWait))
    wait = min(wait * 2, max(.zero, options.longestWait))
    return MediaDuration(
      nanoseconds: Int64(Double(min(length, .seconds(1 << 32)).nanoseconds) * (0.8 + 0.4 * random())))
  }

  /// The source brings something again: the next loss begins anew.
  mutating func succeeded() {
    attempts = 0
    wait = max(.zero, options.reconnectWait)
  }
}
