internal import BraidCore

/// What a record is about, as far as sinks choose by it.
struct RecordSubject {
  /// The record's type.
  var type: SinkSetting.RecordType
  /// `name@version`; nil for what is of no model.
  var model: String?
  /// The record itself, where it is an event of one thing.
  var event: EventRecord?

  /// A record that no sink chooses by more than its type.
  init(_ type: SinkSetting.RecordType) { self.type = type }

  /// A model's result.
  init(resultOf model: String) {
    type = .result
    self.model = model
  }

  /// An event.
  init(_ event: EventRecord) {
    type = .event
    model = event.model
    self.event = event
  }
}
