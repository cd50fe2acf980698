/// Notices when a microphone gives nothing but digital silence: every sample exactly zero. Allocates: no.
struct MuteDetector {
  /// What has changed.
  enum Change {
    case muted
    case unmuted
  }

  private let limit: Int
  private var silent = 0
  private(set) var isMuted = false

  /// - Parameter limit: so many silent samples in a row are a mute.
  init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// Takes a block of `count` samples in each channel.
  mutating func take(isSilent: Bool, count: Int) -> Change? {
    guard isSilent else {
      silent = 0
      defer { isMuted = false }
      return isMuted ? .unmuted : nil
    }
    silent = min(limit, silent + count)
    guard silent >= limit, !isMuted else { return nil }
    isMuted = true
    return .muted
  }
}
