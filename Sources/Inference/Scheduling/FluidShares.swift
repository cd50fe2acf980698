/// Which share of each task's frames can be run when there is more work than time: the optimum of the fluid limit.
///
/// A task brings `rate` frames a second of `time` seconds and `value` each. Minimum rates get theirs first, by priority;
/// then whole priorities in turn, and within one the most valuable work, value / time, first (a fractional knapsack). Tasks
/// within a tenth of each other in this share what is left evenly. One that takes all or nothing gets nothing where all does
/// not fit. Allocates: no, after the start.
struct FluidShares {
  struct Demand {
    /// Frames a second.
    var rate = 0.0
    /// Seconds of a server a frame.
    var time = 0.0
    /// What a result counts.
    var value = 0.0
    /// The share that comes first.
    var minimum = 0.0
    var priority = 0
    var isWhole = false

    var density: Double { time > 0 ? value / time : .infinity }
  }

  var demands: [Demand]
  /// 0 to 1.
  var shares: [Double]
  /// All work, next to what the servers can do.
  private(set) var load = 0.0
  private var order: [Int]

  init(count: Int) {
    demands = Array(repeating: Demand(), count: count)
    shares = Array(repeating: 1, count: count)
    order = Array(0..<count)
  }

  /// Shares out `capacity` seconds of servers a second.
  ///
  /// - Returns: the value a second of what is run.
  @discardableResult
  mutating func share(capacity: Double) -> Double {
    sort()
    var left = capacity
    var work = 0.0
    for task in order {
      let demand = demands[task]
      let need = demand.rate * demand.time
      work += need
      let minimum = demand.isWhole ? 0 : min(demand.minimum, need > 0 ? left / need : 1)
      shares[task] = max(0, minimum)
      left = max(0, left - minimum * need)
    }
    load = capacity > 0 ? work / capacity : .infinity
    var place = 0
    while place < order.count {
      let first = demands[order[place]]
      var end = place
      var need = 0.0
      while end < order.count, demands[order[end]].priority == first.priority,
        demands[order[end]].density >= first.density * 0.9 || end == place
      {
        need += wanting(order[end])
        end += 1
      }
      let part = need > left ? left / need : 1
      for task in order[place..<end] {
        if demands[task].isWhole, part < 1, wanting(task) > left { continue }
        let its = demands[task].isWhole ? 1 : part
        left = max(0, left - its * wanting(task))
        shares[task] += its * (1 - shares[task])
      }
      place = end
    }
    return demands.indices.reduce(0) { $0 + demands[$1].rate * demands[$1].value * shares[$1] }
  }

  /// The work of a task beyond its minimum.
  private func wanting(_ task: Int) -> Double {
    demands[task].rate * demands[task].time * (1 - shares[task])
  }

  /// By priority, then by the value of a second: an insertion sort, as the order changes little.
  private mutating func sort() {
    for place in order.indices.dropFirst() {
      let task = order[place]
      var hole = place
      while hole > 0, precedes(task, order[hole - 1]) {
        order[hole] = order[hole - 1]
        hole -= 1
      }
      order[hole] = task
    }
  }

  private func precedes(_ one: Int, _ other: Int) -> Bool {
    if demands[one].priority != demands[other].priority { return demands[one].priority > demands[other].priority }
    if demands[one].density != demands[other].density { return demands[one].density > demands[other].density }
    return one < other
  }
}
