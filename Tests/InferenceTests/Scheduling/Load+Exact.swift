extension Load {
  /// The greatest expected value that any scheduler of one server can have, by dynamic programming over (tick, what has
  /// been started): for a few frames.
  ///
  /// - Precondition: at most 12 frames, one server, and tasks of one frame each (nothing but the server is shared).
  func exactOptimum() -> Double {
    precondition(frames.count <= 12 && servers == 1)
    let end = (frames.map(\.deadline).max() ?? 0) + 1
    var best = [[Double]](repeating: [Double](repeating: 0, count: 1 << frames.count), count: end + 1)
    for tick in stride(from: end - 1, through: 0, by: -1) {
      for done in 0..<(1 << frames.count) {
        var most = best[tick + 1][done]
        for (place, frame) in frames.enumerated()
        where done & (1 << place) == 0 && frame.arrival <= tick && frame.deadline > tick {
          let with = done | (1 << place)
          for (variant, form) in models[tasks[frame.task].model].enumerated() {
            let times = form.times(at: tick)
            var expected = value(of: place, variant: variant) * times.within(frame.deadline - tick)
            for (age, share) in times.probability.enumerated() where share > 0 {
              expected += share * best[min(end, tick + age)][with]
            }
            most = max(most, expected)
          }
        }
        best[tick][done] = most
      }
    }
    return best[0][0]
  }
}
