/// Where a value lies: a slot, and in which layout.
struct Placement: Sendable {
  var slot: Int
  /// The layout where it is not plain dense row-major.
  var layout: MemoryDescriptor?
  /// Copies in other layouts.
  var copies: [(slot: Int, layout: MemoryDescriptor?)] = []

  init(slot: Int, layout: MemoryDescriptor? = nil) {
    self.slot = slot
    self.layout = layout
  }
}
