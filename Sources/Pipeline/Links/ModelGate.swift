internal import BraidCore
internal import BraidInference

/// Lets one model run only while another says yes. Told by the other's stage, asked by the one's.
///
/// For the session's thread. Allocates: no, after `init`.
final class ModelGate {
  /// The stage of the model that says yes or no.
  unowned let source: ModelStage
  private let label: String?
  /// The place of ``label`` among the source's events.
  private let place: Int?
  /// Whether the source tells events, which have times of their own.
  private let goesByEvents: Bool
  private var timeline: GateTimeline

  /// A gate that `source` opens: by its events or its detections, those of `label` where one is given, or by the best class being
  /// `label`.
  init(source: ModelStage, label: String?, hold: MediaDuration) {
    self.source = source
    self.label = label
    let labels = source.decoding.eventLabels
    place = label.flatMap { labels.firstIndex(of: $0) }
    goesByEvents = !labels.isEmpty
    timeline = GateTimeline(hold: hold)
  }

  // MARK: What the source tells

  /// What was found at a time. Of a source that tells events it says nothing.
  func hear(_ output: ModelOutput, at time: MediaTime) {
    if !goesByEvents, let isYes = Self.isYes(output, label) { timeline.say(isYes, from: time) }
  }

  private static func isYes(_ output: ModelOutput, _ label: String?) -> Bool? {
    switch output {
    case .detections(let found): found.contains { label == nil || $0.label == label }
    case .classes(let classes): classes.first.map { label == nil || $0.label == label } ?? false
    case .crops(let crops, _): crops.contains { isYes($0.output, label) ?? false }
    case .none, .scores, .values, .embedding, .masks, .text, .audio, .raw: nil
    }
  }

  /// How its decoder stands after the value of a time.
  func hear(_ state: EventState, at time: MediaTime) {
    switch state {
    case .isOn(let states): timeline.say(says(states), from: time)
    case .happened(let states): if says(states) { timeline.pulse(at: time) }
    }
  }

  private func says(_ states: [Bool]) -> Bool {
    guard let place else { return states.contains(true) }
    return states.indices.contains(place) && states[place]
  }

  /// Nothing is known from a time on: the source's stream has a gap or an end, or it does not run itself.
  func hearEnd(at time: MediaTime) { timeline.say(false, from: time) }

  // MARK: What is asked

  /// The answer for a time; nil while the source may still say something about it.
  func answer(at time: MediaTime) -> Bool? { timeline.answer(at: time, bound: source.answerBound) }

  /// The answer by what is known now.
  func newestAnswer(at time: MediaTime) -> Bool {
    timeline.answer(at: time, bound: .distantFuture) ?? false
  }
}
