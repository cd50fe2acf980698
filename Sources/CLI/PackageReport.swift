import BraidCore
import BraidInference

/// What is told of a package, as text and as JSON.
struct PackageReport {
  let inspection: PackageInspection

  init(_ inspection: PackageInspection) { self.inspection = inspection }

  private var byteCount: Int { inspection.files.reduce(0) { $0 + $1.byteCount } }

  /// `faces@1.0.0 (faces.braidmodel, 3 files, 1204355 bytes)`
  var title: String {
    let count = inspection.files.count
    let size = "\(count) file\(count == 1 ? "" : "s"), \(byteCount) bytes"
    guard let id = inspection.description?.id else { return "\(inspection.path) (\(size))" }
    return "\(id) (\(inspection.path), \(size))"
  }

  // MARK: - Text

  /// A line for each thing, without line ends.
  var lines: [String] {
    var rows: [(String, String)] = [("package", title)]
    if let about = inspection.description?.about {
      for (name, value) in [
        ("task", about.task), ("licence", about.licence), ("source", about.source), ("about", about.summary),
      ] {
        if let value { rows.append((name, value.split(whereSeparator: \.isNewline).joined(separator: " "))) }
      }
    }
    rows.append(
      ("described", inspection.note.map { "taken for granted: \($0)" } ?? inspection.descriptionFile ?? "not at all"))
    for input in inspection.description?.inputs ?? [] {
      rows.append(("takes", "\(input.name): \(input.source.summary)"))
    }
    if let decoder = inspection.description?.decoder { rows.append(("gives", decoder.summary)) }
    for form in inspection.forms where form.field != "model" && !form.field.isEmpty {
      rows.append(("form", "\(form.field): \(form.file)"))
    }
    for file in inspection.files { rows.append(("file", "\(file.name)  \(file.byteCount) bytes  \(Self.state(file))")) }
    for fault in inspection.faults { rows.append(("fault", "\(fault)")) }
    for warning in inspection.warnings { rows.append(("warning", "\(warning)")) }
    return rows.map { Columns.left($0.0, 12) + $0.1 }
  }

  private static func state(_ file: PackageInspection.File) -> String {
    guard let found = file.sha256 else { return "unreadable" }
    guard let expected = file.expected else { return "no hash is given" }
    return found == expected ? "hash as given" : "another hash than is given"
  }

  // MARK: - JSON

  /// One object.
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("path")
    writer.value(inspection.path)
    if let description = inspection.description {
      writer.key("id")
      writer.value(description.id)
      for (name, value) in [
        ("task", description.about.task), ("licence", description.about.licence), ("source", description.about.source),
        ("about", description.about.summary), ("described_in", inspection.descriptionFile),
        ("taken_for_granted", inspection.note),
      ] {
        guard let value else { continue }
        writer.key(name)
        writer.value(value)
      }
      writer.key("takes")
      writer.beginObject()
      for input in description.inputs {
        writer.key(input.name)
        writer.value(input.source.summary)
      }
      writer.endObject()
      writer.key("gives")
      writer.value(description.decoder.summary)
    }
    writer.key("forms")
    writer.beginObject()
    for form in inspection.forms {
      writer.key(form.field.isEmpty ? "model" : form.field)
      writer.value(form.file)
    }
    writer.endObject()
    writer.key("files")
    writer.beginArray()
    for file in inspection.files { Self.write(file, to: &writer) }
    writer.endArray()
    writer.key("faults")
    writer.beginArray()
    for fault in inspection.faults { Self.write(fault, inspection, to: &writer) }
    writer.endArray()
    writer.key("warnings")
    writer.beginArray()
    for warning in inspection.warnings { Self.write(warning, inspection, to: &writer) }
    writer.endArray()
    writer.endObject()
  }

  private static func write(_ file: PackageInspection.File, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("name")
    writer.value(file.name)
    writer.key("bytes")
    writer.value(file.byteCount)
    if let sha256 = file.sha256 {
      writer.key("sha256")
      writer.value(sha256)
    }
    if let expected = file.expected {
      writer.key("expected")
      writer.value(expected)
    }
    writer.endObject()
  }

  /// A fault as an object.
  static func write(_ fault: DocumentFault, _ inspection: PackageInspection, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("file")
    writer.value(inspection.descriptionFile ?? inspection.path)
    if let place = fault.place {
      writer.key("line")
      writer.value(place.line)
      writer.key("column")
      writer.value(place.column)
    }
    writer.key("field")
    writer.value(fault.field)
    writer.key("message")
    writer.value(fault.message)
    writer.key("remedy")
    writer.value(fault.remedy)
    writer.endObject()
  }
}
