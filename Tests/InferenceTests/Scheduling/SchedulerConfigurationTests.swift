import BraidCore
import BraidInference
import Testing

@Suite("Contradictory configurations of the scheduler")
struct SchedulerConfigurationTests {
  private func task(
    budget: Int64 = 50, weight: Double = 1, rate: Double = 0, kind: SchedulerConfiguration.Kind = .picture,
    model: Int = 0, period: Int64? = nil, block: Int64? = nil, source: Int? = nil
  ) -> SchedulerConfiguration.Task {
    SchedulerConfiguration.Task(
      model: model, stream: "video:0", kind: kind, budget: .milliseconds(budget), weight: weight, minimumRate: rate,
      period: period.map { .milliseconds($0) }, block: block.map { .milliseconds($0) }, source: source)
  }

  private func code(_ configuration: SchedulerConfiguration, times: [[MediaDuration]] = []) -> String? {
    do {
      try configuration.check(runTimes: times)
      return nil
    } catch {
      #expect(!error.message.isEmpty && !error.remedy.isEmpty && !error.location.isEmpty)
      return error.name
    }
  }

  @Test("numbers out of range and places that do not exist are named")
  func options() {
    let model = SchedulerConfiguration.Model(name: "m")
    for bad in [
      task(budget: 0), task(weight: 0), task(weight: .nan), task(rate: -1), task(rate: .infinity), task(model: 3),
      task(source: 0), task(rate: 60, period: 40),
    ] {
      #expect(code(SchedulerConfiguration(models: [model], tasks: [bad])) == "invalid-option")
    }
    #expect(code(SchedulerConfiguration(servers: 0, models: [model], tasks: [task()])) == "invalid-option")
    let none = SchedulerConfiguration.Model(name: "m", variants: [])
    #expect(code(SchedulerConfiguration(models: [none], tasks: [task()])) == "invalid-option")
    let two = SchedulerConfiguration.Model(name: "m", variants: [.init(value: 1), .init(value: 0.5)])
    #expect(code(SchedulerConfiguration(models: [two], tasks: [task(kind: .stateful)])) == "invalid-option")
    #expect(code(SchedulerConfiguration(models: [model], tasks: [task(rate: 25, period: 40)])) == nil)
  }

  @Test("a budget below the device's period is refused, with both numbers")
  func period() {
    let configuration = SchedulerConfiguration(
      models: [.init(name: "speech")], tasks: [task(budget: 10, kind: .window, block: 20)])
    #expect(code(configuration) == "budget-below-period")
    #expect(throws: SchedulingError.self) { try SessionScheduler(configuration) }
    do { try configuration.check() } catch {
      #expect(error.message.contains("10.0 ms") && error.message.contains("20.0 ms"))
      #expect(error.location == "speech on video:0")
    }
  }

  @Test("minimum rates that the warm-up shows cannot fit are refused; those of the smallest form count")
  func rates() {
    let configuration = SchedulerConfiguration(
      models: [.init(name: "a", variants: [.init(value: 1), .init(value: 0.9)]), .init(name: "b")],
      tasks: [task(rate: 20), task(rate: 20, model: 1)])
    let slow: [[MediaDuration]] = [[.milliseconds(40), .milliseconds(30)], [.milliseconds(25)]]
    #expect(code(configuration, times: slow) == "minimum-rates-do-not-fit")
    let fast: [[MediaDuration]] = [[.milliseconds(40), .milliseconds(20)], [.milliseconds(25)]]
    #expect(code(configuration, times: fast) == nil)
    var wider = configuration
    wider.servers = 2
    #expect(code(wider, times: slow) == nil)
    // One task cannot be on two servers at once.
    #expect(code(wider, times: [[.milliseconds(49)], [.milliseconds(50)]]) == nil)
    wider.tasks[0].minimumRate = 30
    #expect(code(wider, times: [[.milliseconds(40)], [.milliseconds(1)]]) == "minimum-rates-do-not-fit")
    #expect(code(configuration, times: [[.milliseconds(60)], [.milliseconds(1)]]) == "budget-below-run-time")
  }
}
