internal import BraidCore
public import BraidInference

/// What the scheduler is to hold to for one of a session's models, as the command line writes it:
/// `face-detector:weight=2,min-rate=5`.
public struct ScheduleSetting: Hashable, Sendable {
  /// The model, by its name, `name@version`, or as it was given.
  public var model: String
  /// What is said of it.
  public var schedule: ModelSchedule

  /// What is said of a model.
  init(model: String, _ schedule: ModelSchedule) {
    (self.model, self.schedule) = (model, schedule)
  }

  /// Reads a setting.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` where no model is named, `SchedulingError` for what is wrong with the rest.
  public init(_ text: String) throws {
    // Paths and versions may have colons, settings have none.
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
      throw PipelineError(
        .configuration, "'\(text.prefix(80))' names no model", location: "--schedule",
        remedy: "Write it as MODEL:weight=2,min-rate=5,priority=1,budget=40ms")
    }
    model = String(text[..<colon])
    schedule = try ModelSchedule(String(text[text.index(after: colon)...]), location: "--schedule \(model)")
  }

  /// As text, such that it can be read again.
  var text: String { "\(model):\(schedule)" }

  /// What holds for each model: what the settings say, else what its package says.
  ///
  /// - Parameters:
  ///   - models: in their order, `given` being what the user called them.
  ///   - settings: for some of them.
  /// - Returns: one for each model.
  /// - Throws: ``PipelineError/Code/configuration`` for a model that the session has not, with what was likely meant, and for
  ///   one that two settings name.
  static func schedules(
    of models: [(given: String, description: ModelDescription)], by settings: [ScheduleSetting]
  ) throws(PipelineError) -> [ModelSchedule] {
    var schedules = models.map(\.description.schedule)
    var isSet = models.map { _ in false }
    for setting in settings {
      let place = try ModelNames(models).place(of: setting.model, location: "--schedule")
      guard !isSet[place] else {
        throw PipelineError(
          .configuration, "\(models[place].description.name) is named twice", location: "--schedule",
          remedy: "Put its settings together: MODEL:weight=2,min-rate=5")
      }
      isSet[place] = true
      schedules[place] = setting.schedule.filled(from: schedules[place])
    }
    return schedules
  }
}
