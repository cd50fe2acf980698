public import BraidCore

/// What can go wrong in setting up a synchroniser. Running one cannot fail.
public struct SyncError: DescribedError, Hashable {
  /// Sorted by what the caller can do.
  public struct Code: Hashable, Sendable {
    /// The code's stable name.
    public let name: String

    /// Parts of the configuration contradict each other.
    public static let contradiction = Code(name: "contradictory-synchronisation")
  }

  /// What kind of error it is.
  public let code: Code
  /// What went wrong, with the values that matter.
  public let message: String
  /// The stream, the member or the setting.
  public let location: String
  /// What to do about it.
  public let remedy: String
  /// No library is asked: always nil.
  public var cause: String? { nil }
  /// The code's name.
  public var name: String { code.name }

  /// An error of this module.
  public init(_ code: Code, _ message: String, location: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
  }
}
