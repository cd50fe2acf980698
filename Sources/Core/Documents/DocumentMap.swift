/// A map of a document while it is read: it knows which of its fields were asked for.
///
/// It belongs to one reading, and so to one thread.
public final class DocumentMap {
  /// Its path in the document; empty for the outermost.
  public let path: String
  /// Where it begins.
  public let place: DocumentPlace
  /// Where faults go.
  public let faults: DocumentFaults
  private let entries: [DocumentNode.Entry]
  private let places: [String: Int]
  private let isWhole: Bool
  /// In the order in which they were asked for.
  private var asked: [String] = []
  private var isAsked: Set<String> = []

  init(path: String, entries: [DocumentNode.Entry], place: DocumentPlace, faults: DocumentFaults, isWhole: Bool = true)
  {
    self.path = path
    self.entries = entries
    places = Dictionary(entries.indices.map { (entries[$0].key, $0) }) { first, _ in first }
    self.place = place
    self.faults = faults
    self.isWhole = isWhole
  }

  /// The names in the document's order.
  public var keys: [String] { entries.map(\.key) }

  /// The field of a name, given or not.
  public subscript(key: String) -> DocumentField {
    if isAsked.insert(key).inserted { asked.append(key) }
    let entry = places[key].map { entries[$0] }
    let isNull = entry?.value.content == .null
    return DocumentField(
      path: DocumentField.path(path, key), node: entry?.value,
      place: (isNull ? nil : entry?.value.place) ?? entry?.place ?? place,
      faults: faults, isMissing: isWhole)
  }

  /// Where a name itself stands.
  public func place(ofKey key: String) -> DocumentPlace { places[key].map { entries[$0].place } ?? place }

  /// All fields in the document's order, for maps whose names are the user's own.
  public var fields: [(key: String, field: DocumentField)] { keys.map { ($0, self[$0]) } }

  /// Makes a fault of each field that was not asked for until now, with what was likely meant.
  public func refuseOthers() {
    for entry in entries where !isAsked.contains(entry.key) {
      let guess = Spelling.guess(entry.key, among: asked).map { "Did you mean '\($0)'? " } ?? ""
      let known = asked.isEmpty ? "No field is known here" : "There are \(asked.joined(separator: ", "))"
      faults.add(
        DocumentFault(
          place: entry.place, field: DocumentField.path(path, entry.key), message: "there is no such field",
          remedy: guess + known))
    }
  }
}
