internal import BraidCore

/// Finds events in what a model gives from run to run.
///
/// Whoever calls it hands over values in the order of their times.
protocol EventDecoder {
  /// The events that it may tell, by name; empty where they are not known before.
  var labels: [String] { get }
  /// How many values one after another an output of the model stands for.
  var steps: Int { get }

  /// Takes what a run gave and tells what has become certain.
  ///
  /// - Parameters:
  ///   - outputs: every output of the model, in its order.
  ///   - window: what the run was about.
  ///   - times: the time of the value at a place of the output.
  ///   - length: how long one value stands for.
  ///   - tell: called for each event.
  ///   - then: called after each value, with its time.
  mutating func push(
    _ outputs: [[Float]], window: (start: MediaTime, duration: MediaDuration), times: (Int) -> MediaTime,
    length: MediaDuration, _ tell: (DecodedEvent) -> Void, then: (EventState, MediaTime) -> Void)

  /// Ends what is open: nothing follows, or not at once.
  mutating func end(at time: MediaTime, _ tell: (DecodedEvent) -> Void)
}

/// An event as it was decoded.
struct DecodedEvent: Equatable {
  /// The place of its name among the decoder's labels; an open event and its end have the same.
  var label: Int
  var name: String
  var time: MediaTime
  var duration: MediaDuration
  var score: Float
  var isFinal: Bool
}

/// How a decoder of events stands after a value.
enum EventState: Equatable {
  /// Of intervals: for each label, whether one is under way that has lasted long enough to be told.
  case isOn([Bool])
  /// Of instants: for each label, whether the value made one certain.
  case happened([Bool])
}
