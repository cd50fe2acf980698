/// Where a ring's traffic is traced: on the rows of the threads at its two ends.
public struct RingTrace: Sendable {
  /// The stream, as events name it.
  let stream: TraceSubject
  /// The stream's place in the session.
  let order: Int
  /// The row of the thread that pushes.
  let producer: TraceRow
  /// The row of the thread that pops and cancels.
  let consumer: TraceRow

  /// A ring of the session's stream at place `order`.
  public init(stream: TraceSubject, order: Int, producer: TraceRow, consumer: TraceRow) {
    self.stream = stream
    self.order = order
    self.producer = producer
    self.consumer = consumer
  }

  /// An element was let in. Its way begins where the push began, as the consumer may have it by now.
  func pushed(_ element: StreamElement, since start: HostTime?) {
    producer.span("push", stream, since: start, .time("pts", element.time))
    if !element.isGap { producer.flow(.begins, .frame(stream: order, time: element.time), at: start) }
  }

  /// An element was let in, which makes `level` of them.
  func added(level: Int) { producer.counter("ring", stream, level) }

  /// An element made room for a newer one.
  func dropped(_ element: StreamElement) {
    producer.instant("drop", stream, .time("pts", element.time), .count("units", element.unitCount))
    if !element.isGap { producer.flow(.ends, .frame(stream: order, time: element.time)) }
  }

  /// The session takes elements no more, and these were left.
  func cancelled(_ element: StreamElement) {
    guard !element.isGap else { return }
    consumer.flow(.ends, .frame(stream: order, time: element.time))
  }

  /// An element was taken, which leaves `level` in the ring.
  func popped(level: Int) { consumer.counter("ring", stream, level) }
}

extension StreamElement {
  /// Whether it says that something is missing, and is nothing itself.
  public var isGap: Bool { if case .gap = self { true } else { false } }
}
