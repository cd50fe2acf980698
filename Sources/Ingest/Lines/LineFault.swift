/// What is wrong with one line of an input: it is counted, and left out.
struct LineFault: Error, Hashable {
  /// What kind of fault; of each kind an input tells the first.
  enum Kind: Hashable, CaseIterable {
    /// It is no JSON, or no row of the table.
    case syntax
    /// Its bytes are not UTF-8.
    case encoding
    /// It is longer than the limit.
    case length
    /// It has no stamp, or one that is no number.
    case time
    /// A value is missing, no number, or not finite.
    case value
    /// Its stamp is earlier than what has been given out.
    case late
    /// Its stamp lies away from all others.
    case stray
    /// It ended before it was whole.
    case unfinished
    /// The table has not the columns that were asked for: nothing of the input can be read.
    case layout
  }

  let kind: Kind
  /// What is wrong, in words.
  let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The fault as the session tells it.
  func error(location: String, line: Int) -> IngestError {
    let code: IngestError.Code = kind == .late || kind == .stray ? .lateData : .badLine
    return IngestError(
      code, message, location: "\(location):\(line)",
      remedy: "\(kind.remedy) It was left out and counted, as others like it are.")
  }
}

extension LineFault.Kind {
  /// What can be done.
  var remedy: String {
    switch self {
    case .syntax: "Write one JSON object, or one row of the table, on each line."
    case .encoding: "Write UTF-8."
    case .length: "Write shorter lines, or raise --max-line."
    case .time: "Give each line a stamp, in the unit that 'unit' names."
    case .value: "Give every channel a finite number, or choose 'columns' that have one on each line."
    case .late: "Allow for it with 'lateness', such as lateness=200ms."
    case .stray: "Check the source's clock."
    case .unfinished: "End the last line."
    case .layout: "Name columns that are there."
    }
  }
}
