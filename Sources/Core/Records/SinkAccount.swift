/// What became of what a sink was offered: `offered = lines + dropped`, and what waits while the session runs.
public struct SinkAccount: Hashable, Sendable {
  /// `jsonl:results.jsonl`
  public var id: String
  /// Records, cues or pictures that it was to take.
  public var offered = 0
  /// Those that it has handed on.
  public var lines = 0
  /// Those that it has not.
  public var dropped = 0
  /// How often something was tried again.
  public var retries = 0
  /// Bytes that it has handed on.
  public var bytes = 0
  /// What went wrong.
  public var errors = 0

  /// An account with nothing in it.
  public init(id: String) { self.id = id }

  /// Writes the accounts as the field `sinks`.
  static func write(_ accounts: [SinkAccount], to writer: inout JSONWriter) {
    guard !accounts.isEmpty else { return }
    writer.key("sinks")
    writer.beginObject()
    for account in accounts {
      writer.key(account.id)
      writer.beginObject()
      for (name, count) in [
        ("offered" as StaticString, account.offered), ("lines", account.lines), ("dropped", account.dropped),
        ("retries", account.retries), ("bytes", account.bytes), ("errors", account.errors),
      ] {
        writer.key(name)
        writer.value(count)
      }
      writer.endObject()
    }
    writer.endObject()
  }
}
