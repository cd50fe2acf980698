internal import BraidCore
internal import BraidInference

/// Lets one model run only while another says yes. Told by the other's stage, asked by the one's.
///
/// For the session's thread. Allocates: no, after `init`.
final class ModelGate {
  /// The stage of the model that says yes or no.
  unowned let source: ModelStage
  private let label: String?
  private var timeline: GateTimeline

  /// A gate that `source` opens: by its events, or by detections of `label` where one is given.
  init(source: ModelStage, label: String?, hold: MediaDuration) {
    self.source = source
    self.label = label
    timeline = GateTimeline(hold: hold)
  }

  // MARK: What the source tells

  /// What was found in the picture of a time.
  func hear(_ detections: [ModelOutput.Detection], at time: MediaTime) {
    timeline.say(detections.contains { label == nil || $0.label == label }, from: time)
  }

  /// How its decoder stands after the value of a time.
  func hear(_ state: ResultDecoding.State, at time: MediaTime) {
    switch state {
    case .isOn(let isOn): timeline.say(isOn, from: time)
    case .happened(let hasHappened): if hasHappened { timeline.pulse(at: time) }
    }
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
