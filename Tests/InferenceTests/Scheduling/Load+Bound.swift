import Foundation

extension Load {
  /// What no scheduler can exceed on average.
  struct Bound {
    /// The value of results in time.
    var value: Double
    /// Of the frames that the optimum starts, the share that miss.
    var missRatio: Double
  }

  /// An upper bound on the expected value of any scheduler that knows arrivals, contents and the distributions of service
  /// times, but no single draw.
  ///
  /// Let x(i,t,v) be the probability that a scheduler starts frame i at tick t in variant v. Whatever it does,
  ///
  ///     sum over t, v of x(i,t,v) <= 1                                    (a frame is started once)
  ///     sum over i, t, v of x(i,t,v) P(S_v > u - t) <= servers             (at every tick u: what is busy then)
  ///
  /// and its value is the sum of value(i,v) x(i,t,v) P(S_v <= deadline - t): a time-indexed linear programme. On one server
  /// a frame is not started, either, if a run of a slower model is sure to last from its arrival until it is too late for it:
  ///
  ///     sum over t, v of x(i,t,v) + sum over the (j,t',v') that cover i of x(j,t',v') <= 1
  ///
  /// as two runs cannot both cover it. Any prices of the ticks, none negative, bound the value from above (weak duality):
  ///
  ///     servers * sum of price + sum over i of gain(i),
  ///     gain(i) = max(0, max over t, v of value P(S <= deadline - t) - cost(t,v) - sum of gain over what (i,t,v) covers),
  ///     cost(t,v) = sum over u >= t of price(u) P(S_v > u - t)
  ///
  /// So the result is a bound whatever the search for prices has found; more iterations only bring it down. Prices are
  /// sought by Adam on the programme with its maxima smoothed. Nothing else is relaxed: times are whole ticks.
  func bound(iterations: Int = 400) -> Bound {
    let end = (frames.map(\.deadline).max() ?? 0) + 1
    let typical = frames.indices.reduce(0) { $0 + value(of: $1) } / max(1, Double(frames.count))
    let fastest = models.map { $0.map { $0.phases.map(\.times.mean).min() ?? 1 }.min() ?? 1 }.min() ?? 1
    let unit = typical / fastest
    var prices = startingPrices(unit: unit, end: end)
    var first = [Double](repeating: 0, count: end)
    var second = [Double](repeating: 0, count: end)
    var best = Bound(value: .infinity, missRatio: 0)
    var costs = models.map { $0.map { _ in [Double](repeating: 0, count: end) } }
    var starts = costs
    var covers = LoadCovers(self, end: end)
    var (averageStarts, averageMisses) = (0.0, 0.0)
    for iteration in 0..<iterations {
      let progress = Double(iteration) / Double(iterations)
      let smoothing = typical * 0.15 * pow(0.02, progress)
      fillCosts(&costs, prices: prices)
      for model in starts.indices {
        for variant in starts[model].indices {
          for tick in 0..<end { starts[model][variant][tick] = 0 }
        }
      }
      var total = Double(servers) * prices.reduce(0, +)
      var (started, missed) = (0.0, 0.0)
      total += covers.fill(self, costs: costs)
      for frame in covers.slowestFirst {
        choose(
          frame, costs: costs, covers: &covers, smoothing: smoothing, starts: &starts, started: &started,
          missed: &missed)
      }
      if total < best.value { best.value = total }
      if progress > 0.7 {
        averageStarts += started
        averageMisses += missed
      }
      let busy = busyTicks(starts, end: end)
      let rate = unit * 0.05 * pow(0.02, progress)
      let (one, two) = (1 - pow(0.9, Double(iteration + 1)), 1 - pow(0.99, Double(iteration + 1)))
      for tick in 0..<end {
        let gradient = Double(servers) - busy[tick]
        first[tick] = 0.9 * first[tick] + 0.1 * gradient
        second[tick] = 0.99 * second[tick] + 0.01 * gradient * gradient
        prices[tick] = max(0, prices[tick] - rate * (first[tick] / one) / ((second[tick] / two).squareRoot() + 1e-6))
      }
    }
    best.missRatio = averageStarts > 0 ? averageMisses / averageStarts : 0
    return best
  }

  /// The best of a few prices that are the same at all ticks.
  private func startingPrices(unit: Double, end: Int) -> [Double] {
    var costs = models.map { $0.map { _ in [Double](repeating: 0, count: end) } }
    var best = (total: Double.infinity, price: 0.0)
    for step in 0..<12 {
      let price = unit * pow(0.7, Double(step)) * 1.5
      fillCosts(&costs, prices: [Double](repeating: price, count: end))
      let total = frames.indices.reduce(Double(servers) * price * Double(end)) { $0 + bestGain($1, costs: costs) }
      if total < best.total { best = (total, price) }
    }
    return [Double](repeating: best.price, count: end)
  }

  /// The best that a frame can do at these costs.
  func bestGain(_ frame: Int, costs: [[[Double]]], covers: LoadCovers? = nil) -> Double {
    let (arrival, deadline) = (frames[frame].arrival, frames[frame].deadline)
    let model = tasks[frames[frame].task].model
    var best = 0.0
    for variant in models[model].indices {
      let worth = value(of: frame, variant: variant)
      for tick in arrival..<deadline {
        let times = models[model][variant].times(at: tick)
        let gain = worth * times.within(deadline - tick) - costs[model][variant][tick]
        if gain > best {
          best = max(best, gain - (covers?.gain(model: model, tick: tick, certain: times.certain) ?? 0))
        }
      }
    }
    return best
  }

  /// What a start at each tick costs.
  private func fillCosts(_ costs: inout [[[Double]]], prices: [Double]) {
    let end = prices.count
    var sums = [0.0]
    sums.reserveCapacity(end + 1)
    for price in prices { sums.append(sums[sums.count - 1] + price) }
    for model in models.indices {
      for variant in models[model].indices {
        for tick in 0..<end {
          let times = models[model][variant].times(at: tick)
          let sure = times.certain
          var cost = sums[min(end, tick + sure)] - sums[tick]
          var age = sure
          while age < times.longer.count, tick + age < end {
            cost += prices[tick + age] * times.longer[age]
            age += 1
          }
          costs[model][variant][tick] = cost
        }
      }
    }
  }

  /// Adds a frame's smoothed choice at these costs to `starts`, as far as it is not covered.
  private func choose(
    _ frame: Int, costs: [[[Double]]], covers: inout LoadCovers, smoothing: Double, starts: inout [[[Double]]],
    started: inout Double, missed: inout Double
  ) {
    let (arrival, deadline) = (frames[frame].arrival, frames[frame].deadline)
    let model = tasks[frames[frame].task].model
    var gains: [Double] = []
    var best = 0.0
    for variant in models[model].indices {
      let worth = value(of: frame, variant: variant)
      for tick in arrival..<deadline {
        let times = models[model][variant].times(at: tick)
        let gain =
          worth * times.within(deadline - tick) - costs[model][variant][tick]
          - covers.gain(model: model, tick: tick, certain: times.certain)
        gains.append(gain)
        best = max(best, gain)
      }
    }
    var sum = exp(-best / smoothing)
    for place in gains.indices {
      let weight = (gains[place] - best) / smoothing
      gains[place] = weight > -30 ? exp(weight) : 0
      sum += gains[place]
    }
    let free = 1 - covers.covered(frame, of: self)
    var place = 0
    for variant in models[model].indices {
      for tick in arrival..<deadline {
        let share = gains[place] / sum * free
        place += 1
        guard abs(share) > 1e-9 else { continue }
        let times = models[model][variant].times(at: tick)
        starts[model][variant][tick] += share
        covers.add(share, model: model, tick: tick, certain: times.certain)
        started += share
        missed += share * (1 - times.within(deadline - tick))
      }
    }
  }

  /// How many servers these starts keep busy at each tick, on average.
  private func busyTicks(_ starts: [[[Double]]], end: Int) -> [Double] {
    var busy = [Double](repeating: 0, count: end)
    var steps = [Double](repeating: 0, count: end + 1)
    for model in models.indices {
      for variant in models[model].indices {
        for tick in 0..<end where starts[model][variant][tick] != 0 {
          let times = models[model][variant].times(at: tick)
          let share = starts[model][variant][tick]
          steps[tick] += share
          steps[min(end, tick + times.certain)] -= share
          var age = times.certain
          while age < times.longer.count, tick + age < end {
            busy[tick + age] += share * times.longer[age]
            age += 1
          }
        }
      }
    }
    var held = 0.0
    for tick in 0..<end {
      held += steps[tick]
      busy[tick] += held
    }
    return busy
  }
}
