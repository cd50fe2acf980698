/// The kinds of entries in a journal.
enum JournalTag: UInt8 {
  /// time, status that the session is to end with or -1
  case round = 1
  /// time, stream, then the block
  case audio = 2
  /// time, stream, then the frame without its pixels
  case video = 3
  /// time, stream, then the text
  case text = 4
  /// time, stream, then the reading
  case sensor = 5
  /// time, stream, then the gap
  case gap = 6
  /// time, stream, bound
  case bound = 7
  /// time, stream
  case finished = 8
  /// time, model, start and end of its run
  case job = 9
  /// jobs run, and none is done
  case noJob = 10
  /// durations of models' first runs
  case warmUp = 11
  /// what a stream's ring, input and clock say
  case readings = 12
  /// input, then the notice
  case notice = 13
  /// input, then the error
  case failure = 14
  /// time, peak memory
  case end = 15
  /// input, then the error, which did not end the input
  case fault = 16
}
