internal import BraidCore

/// A sink's queue and account: a pure state machine. `offered = lines + dropped + waiting + under way`, always.
struct SinkState {
  enum Phase {
    case open
    /// Nothing is waited for to fill a batch.
    case draining
    /// Nothing more comes.
    case closed
  }

  var queue: SinkQueue
  var drop: SinkSetting.Drop
  var account: SinkAccount
  var inFlight = 0
  var phase = Phase.open
  /// When what is left is let go.
  var stop: HostTime?
  /// Why nothing can be handed on any more.
  var failure: PipelineError?
  /// What went wrong and has not been told.
  var faults: [PipelineError] = []
  /// When the first of the items that wait came, as the thread saw it.
  var oldest: HostTime?
  var hasEnded = false

  enum Next {
    case taken
    case wait(until: HostTime)
    case end
  }

  enum Taking {
    case taken
    case dropped
    /// Its room must be waited for.
    case full
  }

  /// Takes an item or drops it, and counts it then.
  mutating func take(_ item: [UInt8], tag: Int64, isGivenUp: Bool) -> Taking {
    if failure != nil || hasEnded || phase == .closed {
      account.offered += 1
      account.dropped += 1
      return .dropped
    }
    if !queue.hasRoom(for: item.count) {
      switch drop {
      case .oldest:
        while !queue.hasRoom(for: item.count) {
          queue.removeFirst()
          account.dropped += 1
        }
      case .none where !isGivenUp: return .full
      case .newest, .none:
        account.offered += 1
        account.dropped += 1
        return .dropped
      }
    }
    account.offered += 1
    queue.append(item, tag: tag)
    return .taken
  }

  mutating func next(fill: SinkFill, now: HostTime, into batch: inout SinkBatch) -> Next {
    if failure != nil || stop != nil {
      dropAll()
      return .end
    }
    guard queue.count > 0 else {
      oldest = nil
      return phase == .closed ? .end : .wait(until: HostTime(nanoseconds: .max))
    }
    let since = oldest ?? now
    oldest = since
    // A queue that fills up is not waited for: a batch of it is one, however few items it has.
    let isFilling = queue.count < fill.wanted && queue.byteCount < min(fill.bytes, queue.capacity / 4)
    if isFilling, phase == .open, now < since + fill.wait { return .wait(until: since + fill.wait) }
    repeat {
      queue.moveFirst(to: &batch)
    } while queue.count > 0 && batch.count < fill.items
      && batch.bytes.count + queue.firstLength <= fill.bytes
    oldest = nil
    inFlight = batch.count
    return .taken
  }

  /// What waits or is under way is dropped.
  mutating func dropAll() {
    account.dropped += queue.count + inFlight
    inFlight = 0
    queue = SinkQueue(capacity: queue.capacity)
  }
}
