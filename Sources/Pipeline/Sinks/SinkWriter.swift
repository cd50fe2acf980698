internal import BraidCore

/// What hands a sink's items on: to a file, a descriptor, a server. For the sink's thread, from its start to its end.
protocol SinkWriter: AnyObject {
  /// How many items it wants at once.
  var fill: SinkFill { get }

  /// Hands items on, and tells the channel how many as it goes; may block in ``SinkChannel/wait(for:_:)`` and
  /// ``SinkChannel/pause(_:)``. What it has not told when it returns is counted as dropped.
  ///
  /// - Throws: where nothing can be handed on any more.
  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError)

  /// Ends what was begun; nothing is written afterwards.
  func finish(_ channel: SinkChannel) throws(PipelineError)
}

/// How many items are handed on together.
struct SinkFill {
  /// No more items than that.
  var items = Int.max
  /// No more bytes than that, but for a single item.
  var bytes = 1 << 18
  /// How many are waited for.
  var wanted = 1
  /// And for how long.
  var wait = MediaDuration.zero
}
