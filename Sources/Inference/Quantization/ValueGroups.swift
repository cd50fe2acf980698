/// Values that belong together, directly or through others: disjoint sets.
struct ValueGroups {
  private var parents: [ValueID: ValueID] = [:]

  /// The value that stands for the group of `value`; itself, where it is joined with none.
  func root(_ value: ValueID) -> ValueID {
    var value = value
    while let parent = parents[value], parent != value { value = parent }
    return value
  }

  /// Makes one group of those of two values.
  mutating func join(_ one: ValueID, _ other: ValueID) {
    let (a, b) = (root(one), root(other))
    if a != b { parents[b] = a }
  }
}
