import BraidCore

/// Elements of one stream that are ready and wait for room in its ring, or for their time. Allocates: no, in the steady state.
struct Outbox {
  private var elements: [StreamElement] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var first: StreamElement? { head < elements.count ? elements[head] : nil }

  mutating func append(_ element: StreamElement) {
    elements.append(element)
  }

  mutating func removeFirst() {
    head += 1
    if head >= elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    }
  }

  mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    head = 0
  }
}
