public import BraidCore

/// Why a scheduler cannot hold to what it was given. Told before anything runs.
public struct SchedulingError: DescribedError, Hashable {
  /// The sorts of contradiction.
  public enum Code: String, Hashable, Sendable {
    /// A number out of its range, or a place that does not exist.
    case invalidOption = "invalid-option"
    /// A budget that the source's own period already uses up.
    case budgetBelowPeriod = "budget-below-period"
    /// A budget that no form of the model keeps, by what its warm-up took.
    case budgetBelowRunTime = "budget-below-run-time"
    /// Minimum rates that need more time than there is.
    case minimumRatesDoNotFit = "minimum-rates-do-not-fit"
  }

  /// The sort of contradiction.
  public let code: Code
  /// What contradicts what, with the numbers.
  public let message: String
  /// The task or model.
  public let location: String
  /// What to change.
  public let remedy: String
  /// The code's name.
  public var name: String { code.rawValue }
  /// None: no library was asked.
  public var cause: String? { nil }

  init(_ code: Code, _ message: String, at location: String, remedy: String) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
  }
}

extension SchedulerConfiguration {
  /// Answers contradictions that can be known without a run.
  ///
  /// - Throws: `invalidOption` for numbers out of range and places that do not exist, `budgetBelowPeriod`.
  public func check() throws(SchedulingError) {
    guard (1...64).contains(servers) else {
      throw SchedulingError(
        .invalidOption, "\(servers) inference threads", at: "scheduler", remedy: "Give 1 to 64")
    }
    for model in models {
      guard !model.variants.isEmpty, model.variants.allSatisfy({ $0.value > 0 && $0.value.isFinite }) else {
        throw SchedulingError(
          .invalidOption, "its forms have no values above 0", at: model.name,
          remedy: "Give at least one form, each with a value above 0")
      }
    }
    for place in tasks.indices { try check(task: place) }
  }

  private func check(task place: Int) throws(SchedulingError) {
    let task = tasks[place]
    let name = name(ofTask: place)
    func refuse(_ message: String, _ remedy: String) -> SchedulingError {
      SchedulingError(.invalidOption, message, at: name, remedy: remedy)
    }
    guard models.indices.contains(task.model) else {
      throw refuse("there is no model \(task.model)", "Give one of the \(models.count) models")
    }
    guard task.weight > 0, task.weight.isFinite else {
      throw refuse("its weight is \(task.weight)", "Give a weight above 0")
    }
    guard task.minimumRate >= 0, task.minimumRate.isFinite else {
      throw refuse("its minimum rate is \(task.minimumRate)", "Give runs a second, 0 for none")
    }
    guard task.budget > .zero else {
      throw refuse("its budget is \(task.budget.milliseconds) ms", "Give a budget above 0")
    }
    if let source = task.source, !(0..<place).contains(source) {
      throw refuse("it is fed by task \(source)", "Name a task before it")
    }
    if task.kind == .stateful, models[task.model].variants.count > 1 {
      throw refuse(
        "the model carries state, which its \(models[task.model].variants.count) forms do not share",
        "Give one form")
    }
    if let block = task.block, task.budget < block {
      throw SchedulingError(
        .budgetBelowPeriod,
        "its budget of \(task.budget.milliseconds) ms is below the device's period of \(block.milliseconds) ms",
        at: name, remedy: "Raise the budget above \(block.milliseconds) ms or make the device's period shorter")
    }
    guard let period = task.period, period > .zero else { return }
    let rate = 1 / period.seconds
    guard task.minimumRate <= rate * 1.001 else {
      throw refuse(
        "its minimum rate of \(task.minimumRate) a second is more than the \(rate) that the source brings",
        "Lower the minimum rate")
    }
  }

  /// Answers contradictions that the warm-up shows.
  ///
  /// - Parameter times: how long a run of each model's forms takes, as `times[model][variant]`; none where not known.
  /// - Throws: `budgetBelowRunTime`, `minimumRatesDoNotFit`.
  public func check(runTimes times: [[MediaDuration]]) throws(SchedulingError) {
    try check()
    func shortest(_ task: Task) -> MediaDuration {
      times.indices.contains(task.model) ? times[task.model].min() ?? .zero : .zero
    }
    var use = 0.0
    for (place, task) in tasks.enumerated() {
      let time = shortest(task)
      guard task.minimumRate > 0 else { continue }
      guard time <= task.budget else {
        throw SchedulingError(
          .budgetBelowRunTime,
          "a run takes \(time.milliseconds) ms, its budget is \(task.budget.milliseconds) ms, and a minimum rate is asked",
          at: name(ofTask: place), remedy: "Raise the budget, drop the minimum rate, or take a smaller or int8 model")
      }
      // What is to run that often cannot share a thread with itself.
      let own = task.minimumRate * time.seconds
      guard own <= 1 else {
        throw Self.ratesDoNotFit(name(ofTask: place), needed: own, servers: 1)
      }
      use += own
    }
    guard use <= Double(servers) else {
      throw Self.ratesDoNotFit("scheduler", needed: use, servers: servers)
    }
  }

  private static func ratesDoNotFit(_ location: String, needed: Double, servers: Int) -> SchedulingError {
    SchedulingError(
      .minimumRatesDoNotFit,
      "the minimum rates need \((needed * 100).rounded() / 100) s of running a second on \(servers) inference thread"
        + (servers == 1 ? "" : "s"), at: location,
      remedy: "Lower them by a factor of \((needed / Double(servers) * 100).rounded(.up) / 100), or take smaller models"
    )
  }
}
