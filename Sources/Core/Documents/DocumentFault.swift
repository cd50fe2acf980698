/// A line and a column of a document, both from 1; columns count Unicode scalars.
public struct DocumentPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The line, from 1.
  public var line: Int
  /// The column, from 1.
  public var column: Int

  /// A place in a document.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// `12:5`
  public var description: String { "\(line):\(column)" }

  /// Whether one stands before the other.
  public static func < (first: DocumentPlace, second: DocumentPlace) -> Bool {
    (first.line, first.column) < (second.line, second.column)
  }
}

/// One thing that is wrong with a document.
public struct DocumentFault: Hashable, Sendable, CustomStringConvertible {
  /// Where it stands; nil where the document has no place for it.
  public var place: DocumentPlace?
  /// The field: `inputs[0].mean`; empty for the document as a whole.
  public var field: String
  /// What is wrong, in one sentence, with the values that matter.
  public var message: String
  /// What would be right; empty where nothing is known.
  public var remedy: String

  /// A fault.
  public init(place: DocumentPlace?, field: String, message: String, remedy: String = "") {
    self.place = place
    self.field = field
    self.message = message
    self.remedy = remedy
  }

  /// `12:5: inputs[0].mean: message. remedy`
  public var description: String {
    let parts = [place.map { "\($0)" } ?? "", field, message].filter { !$0.isEmpty }
    return parts.joined(separator: ": ") + (remedy.isEmpty ? "" : ". \(remedy)")
  }
}

/// What is wrong with a document: everything that was found, in the order in which it stands there.
public struct DocumentError: DescribedError, Hashable {
  /// The sorts of error. More may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// A short stable name in kebab-case.
    public let rawValue: String

    /// A code of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file cannot be read.
    public static let unreadable = Code(rawValue: "unreadable")
    /// It is no YAML or JSON, or does not say what it should.
    public static let invalid = Code(rawValue: "invalid-document")
    /// A limit of ``DocumentLimits`` was reached.
    public static let limitExceeded = Code(rawValue: "limit-exceeded")
  }

  /// The sort of error.
  public let code: Code
  /// The file's name as the user gave it.
  public let file: String
  /// All that is wrong, at least one.
  public let faults: [DocumentFault]

  /// An error of one or more faults.
  public init(_ code: Code, file: String, _ faults: [DocumentFault]) {
    self.code = code
    self.file = file
    self.faults = faults
  }

  /// The code's name.
  public var name: String { code.rawValue }

  /// The most faults that a message tells.
  private static let toldLimit = 100

  /// The only fault; of several their number, and each of the first hundred on a line of its own.
  public var message: String {
    guard faults.count > 1 else { return faults.first?.message ?? "it is not valid" }
    let told = faults.prefix(Self.toldLimit)
    return "\(faults.count) things are wrong:"
      + told.map { "\n  \(file)\($0.place == nil ? ": " : ":")\($0)" }.joined()
      + (told.count < faults.count ? "\n  and \(faults.count - told.count) more" : "")
  }

  /// `braid.json:12:5: inputs[0].mean`; the file alone where there are several.
  public var location: String {
    guard faults.count == 1, let fault = faults.first else { return file }
    return (fault.place.map { "\(file):\($0)" } ?? file) + (fault.field.isEmpty ? "" : ": \(fault.field)")
  }

  /// The only fault's; of several each stands with its fault.
  public var remedy: String { faults.count == 1 ? faults.first?.remedy ?? "" : "" }

  /// Nil: a fault's message holds the reader's words.
  public var cause: String? { nil }
}

/// Collects what is wrong with a document while it is read, so that one reading names every fault.
///
/// It belongs to one reading, and so to one thread.
public final class DocumentFaults {
  /// The document's name in errors.
  public let file: String
  private var found: [DocumentFault] = []

  /// No faults yet.
  public init(file: String) { self.file = file }

  /// What was found, in the order in which it stands in the document; what has no place comes last.
  public var faults: [DocumentFault] {
    found.enumerated().sorted { first, second in
      switch (first.element.place, second.element.place) {
      case (let one?, let other?): (one, first.offset) < (other, second.offset)
      case (nil, nil): first.offset < second.offset
      case (let one, _): one != nil
      }
    }.map(\.element)
  }

  /// Whether nothing was found.
  public var isEmpty: Bool { found.isEmpty }

  /// One more.
  public func add(_ fault: DocumentFault) { found.append(fault) }

  /// - Throws: everything that was found, if anything was.
  public func check() throws(DocumentError) {
    if !isEmpty { throw DocumentError(.invalid, file: file, faults) }
  }
}
