/// What every error of Braid can say about itself: enough for a message on a terminal and for an `error` record.
///
/// Each module has one error struct of its own that conforms to this. Errors are sorted by what the caller can do; the
/// module's `code` names that.
public protocol DescribedError: Error, Sendable, CustomStringConvertible {
  /// A short stable name in kebab-case, for programs: `not-found`, `unsupported-operator`.
  var name: String { get }
  /// What went wrong, in one sentence, with the values that matter.
  var message: String { get }
  /// Where: the file, stream, node or option.
  var location: String { get }
  /// What the user can do about it, in one sentence; empty where nothing is known.
  var remedy: String { get }
  /// The C library's own words, where one was asked.
  var cause: String? { get }
}

extension DescribedError {
  /// `location: message (cause). remedy`
  public var description: String {
    var text = location.isEmpty ? message : "\(location): \(message)"
    if let cause, !cause.isEmpty { text += " (\(cause))" }
    if !remedy.isEmpty { text += ". \(remedy)" }
    return text
  }
}
