import BraidCore

/// Puts elements that come out of order within a stated lateness into the order of their time.
///
/// An element waits until one has come that is later than it by the lateness, or until it has waited so long itself; equal times
/// keep the order in which they came. One earlier than ``floor`` is too late. A pure state machine; bounded: a buffer that is
/// full lets its earliest element go. Allocates: no, in the steady state.
struct ReorderBuffer {
  private struct Waiting {
    var element: StreamElement
    var arrival: HostTime?
  }

  private static let capacity = 4096

  private let lateness: MediaDuration
  private var waiting: [Waiting] = []
  private var head = 0
  /// Nothing earlier than this will come out.
  private(set) var floor = MediaTime.distantPast

  init(lateness: MediaDuration) {
    self.lateness = lateness
  }

  /// Takes an element.
  ///
  /// - Parameters:
  ///   - element: one text or reading.
  ///   - arrival: when it came, where it is not to wait longer than the lateness by the clock.
  /// - Returns: false, and nothing has changed, where it is too late.
  mutating func insert(_ element: StreamElement, arrival: HostTime?) -> Bool {
    let time = element.time
    guard time >= floor else { return false }
    var place = waiting.count
    while place > head, waiting[place - 1].element.time > time { place -= 1 }
    waiting.insert(Waiting(element: element, arrival: arrival), at: place)
    floor = max(floor, time - lateness)
    return true
  }

  /// Takes the earliest element out, if its turn has come.
  ///
  /// - Parameters:
  ///   - now: the clock's time, where elements came with an arrival.
  ///   - atEnd: nothing more comes: no element waits.
  /// - Returns: the element; nil where none may go yet.
  mutating func next(at now: HostTime? = nil, atEnd: Bool = false) -> StreamElement? {
    guard head < waiting.count else { return nil }
    let first = waiting[head]
    let hasWaited = if let now, let arrival = first.arrival { now - arrival >= lateness } else { false }
    guard atEnd || hasWaited || first.element.time <= floor || waiting.count - head > Self.capacity else { return nil }
    head += 1
    if head == waiting.count || head >= Self.capacity {
      waiting.removeFirst(head)
      head = 0
    }
    floor = max(floor, first.element.time)
    return first.element
  }

  /// When the earliest element has waited long enough; nil where none waits with an arrival.
  var deadline: HostTime? {
    guard head < waiting.count else { return nil }
    return waiting[head].arrival.map { $0 + lateness }
  }

  /// Begins anew, after everything has been taken out: time may go back.
  mutating func restart() { floor = .distantPast }
}
