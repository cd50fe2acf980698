/// What went wrong: the `error` record.
public struct ErrorRecord: Hashable, Sendable {
  /// A short stable name in kebab-case.
  public var code: String
  /// What went wrong.
  public var message: String
  /// The file, stream, node or option.
  public var location: String
  /// What the user can do about it.
  public var remedy: String
  /// Whether the session ends with it.
  public var isFatal: Bool

  /// What went wrong, in so many words; it ends the session.
  public init(code: String, message: String, location: String, remedy: String) {
    (self.code, self.message, self.location, self.remedy, isFatal) = (code, message, location, remedy, true)
  }

  /// A record of `error`.
  public init(error: any DescribedError, isFatal: Bool) {
    code = error.name
    message = error.message
    if let cause = error.cause, !cause.isEmpty { message += " (\(cause))" }
    location = error.location
    remedy = error.remedy
    self.isFatal = isFatal
  }

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("error")
    writer.sequenceNumber()
    writeCause(to: &writer)
    writer.key("fatal")
    writer.value(isFatal)
    writer.endRecord()
  }

  /// Writes what went wrong, as fields of the object that is open.
  func writeCause(to writer: inout JSONWriter) {
    writer.key("code")
    writer.value(code)
    writer.key("message")
    writer.value(message)
    writer.key("where")
    writer.value(location)
    writer.key("remedy")
    writer.value(remedy)
  }
}
