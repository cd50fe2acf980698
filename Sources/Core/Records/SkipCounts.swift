/// Frames that a model did not run on, by reason.
public struct SkipCounts: Hashable, Sendable {
  /// It could not have been done by its deadline.
  public var budget = 0
  /// A newer picture was waiting.
  public var stale = 0
  /// A fixed or controlled interval passed over it.
  public var interval = 0
  /// Another model said no.
  public var gate = 0
  /// A gap in the stream broke its window.
  public var gap = 0
  /// The model as a whole was given up for a while.
  public var shed = 0

  /// None.
  public init() {}

  /// All reasons together.
  public var total: Int { budget + stale + interval + gate + gap + shed }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("budget")
    writer.value(budget)
    writer.key("stale")
    writer.value(stale)
    writer.key("interval")
    writer.value(interval)
    writer.key("gate")
    writer.value(gate)
    writer.key("gap")
    writer.value(gap)
    writer.key("shed")
    writer.value(shed)
    writer.endObject()
  }
}
