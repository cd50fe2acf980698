internal import BraidCore
internal import BraidInference
internal import Glibc

/// Turns the probabilities of one kind of events, or of several, into instants or intervals of each. Allocates: no.
struct ScoredEventDecoder: EventDecoder {
  let labels: [String]
  let steps: Int
  private let place: Int
  /// How many values each step has.
  private let classes: Int
  private let activation: ModelDescription.Activation
  /// For each label, the class that it is.
  private let columns: [Int]
  private var instants: [InstantEventDecoder] = []
  private var intervals: [IntervalEventDecoder] = []
  private var state: [Bool]

  /// A decoder of one kind of events.
  ///
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or another number of values than the
  ///   description has rows.
  init(_ events: ModelDescription.Events, output: String, outputs: ModelOutputs) throws(PipelineError) {
    place = try outputs.place(of: output)
    let values = try outputs.count(of: output)
    steps = events.rows.isEmpty ? 1 : events.rows.count
    guard values == steps else {
      throw outputs.fault(
        "output '\(output)' has \(values) values, and the description has rows for \(steps)",
        "Give one row for each value")
    }
    classes = 1
    activation = .none
    columns = [0]
    labels = [events.event]
    state = [false]
    make(events)
  }

  /// A decoder of several kinds.
  ///
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or another number of classes than labels.
  init(_ settings: ModelDescription.LabelledEvents, outputs: ModelOutputs) throws(PipelineError) {
    place = try outputs.place(of: settings.output)
    let shape = try outputs.shape(of: settings.output)
    classes = max(1, shape.last ?? 1)
    steps = shape.reduce(1, *) / classes
    try outputs.check(settings.labels, classes: classes, of: settings.output)
    guard settings.events.rows.isEmpty || settings.events.rows.count == steps else {
      throw outputs.fault(
        "output '\(settings.output)' has \(steps) steps, and the description has rows for \(settings.events.rows.count)",
        "Give one row for each step")
    }
    let names = settings.labels.isEmpty ? (0..<classes).map { "\($0)" } : settings.labels
    let columns = names.indices.filter { !settings.ignored.contains(names[$0]) }
    activation = settings.activation
    self.columns = columns
    labels = columns.map { names[$0] }
    state = Array(repeating: false, count: columns.count)
    make(settings.events)
  }

  private mutating func make(_ events: ModelDescription.Events) {
    switch events.shape {
    case .instant:
      let gap = MediaDuration.milliseconds(Int64(events.minimumGapMilliseconds))
      instants = labels.map { _ in InstantEventDecoder(threshold: events.threshold, minimumGap: gap) }
    case .interval:
      var settings = IntervalEventDecoder.Settings()
      settings.threshold = events.threshold
      settings.offThreshold = events.offThreshold
      settings.minimumOn = .milliseconds(Int64(events.minimumOnMilliseconds))
      settings.minimumOff = .milliseconds(Int64(events.minimumOffMilliseconds))
      settings.padding = .milliseconds(Int64(events.paddingMilliseconds))
      intervals = labels.map { _ in IntervalEventDecoder(settings) }
    }
  }

  mutating func push(
    _ outputs: [[Float]], window: (start: MediaTime, duration: MediaDuration), times: (Int) -> MediaTime,
    length: MediaDuration, _ tell: (DecodedEvent) -> Void, then: (EventState, MediaTime) -> Void
  ) {
    guard outputs.indices.contains(place), outputs[place].count >= steps * classes else { return }
    let scores = outputs[place]
    let values = scores.span
    for step in 0..<steps {
      let time = times(step)
      let base = step * classes
      let softmax = activation == .softmax ? Softmax(count: classes) { values[base + $0] } : nil
      for label in columns.indices {
        let raw = values[base + columns[label]]
        let score =
          switch activation {
          case .none: raw
          case .sigmoid: 1 / (1 + expf(-raw))
          case .softmax: softmax?.probability(raw) ?? raw
          }
        if instants.isEmpty {
          if let found = intervals[label].push(score, from: time, length: length) { tell(event(found, label)) }
          state[label] = intervals[label].isOn
        } else {
          let found = instants[label].push(score, at: time)
          if let found { tell(event(found, label)) }
          state[label] = found != nil
        }
      }
      then(instants.isEmpty ? .isOn(state) : .happened(state), time)
    }
  }

  mutating func end(at time: MediaTime, _ tell: (DecodedEvent) -> Void) {
    for label in instants.indices {
      if let found = instants[label].end() { tell(event(found, label)) }
    }
    for label in intervals.indices {
      if let found = intervals[label].end(at: time) { tell(event(found, label)) }
    }
  }

  private func event(_ found: InstantEventDecoder.Instant, _ label: Int) -> DecodedEvent {
    DecodedEvent(
      label: label, name: labels[label], time: found.time, duration: .zero, score: found.score, isFinal: true)
  }

  private func event(_ found: IntervalEventDecoder.Interval, _ label: Int) -> DecodedEvent {
    DecodedEvent(
      label: label, name: labels[label], time: found.start, duration: found.end - found.start, score: found.score,
      isFinal: found.isFinal)
  }
}
