import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model check`
struct ModelCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say everything that is wrong with a package: fields, files, hashes, models.",
    discussion: """
      Every field of the description is checked, every hash, every file, and
      every form of the model against what is said of it; each is made ready and
      run once on zeros. A model that can only be run node by node is warned of.
      Exit status: 0 for a sound package, 4 for any fault.

      Examples:
        braid model check faces/
        braid model check faces.braidmodel
        braid model check faces/ --json | jq '.faults[].field'
      """)

  @Argument(
    help: ArgumentHelp(
      "A folder with a braid.json, a .braidmodel, an .onnx file, or the name of an installed model.",
      valueName: "package"))
  var package: String

  @Flag(name: .long, help: "One JSON object instead of text.")
  var json = false

  func run() throws {
    let inspection = try ModelCommand.failing { try PackageCheck.inspect(try ModelCommand.path(package)) }
    let faults = inspection.faults
    let output = LineOutput()
    if json {
      output.write(Self.json(inspection, faults))
    } else {
      for fault in faults { output.write(Self.text(fault, inspection)) }
      for warning in inspection.warnings { output.write(Self.text(warning, inspection, "warning: ")) }
      if faults.isEmpty { output.write(Array("\(PackageReport(inspection).title): no fault found\n".printable.utf8)) }
    }
    output.flush()
    if !faults.isEmpty {
      if !json {
        StandardError.write("braid: \(faults.count == 1 ? "1 fault" : "\(faults.count) faults") in \(package)")
      }
      throw CommandStatus(.model)
    }
  }

  private static func text(_ fault: DocumentFault, _ inspection: PackageInspection, _ kind: String = "") -> [UInt8] {
    let field = fault.field.isEmpty ? "" : " \(fault.field):"
    let remedy = fault.remedy.isEmpty ? "" : "  \(fault.remedy)\n"
    return Array("\(inspection.location(of: fault)):\(field) \(kind)\(fault.message)\n\(remedy)".printable.utf8)
  }

  /// One object and the end of its line.
  private static func json(_ inspection: PackageInspection, _ faults: [DocumentFault]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("package")
    writer.value(inspection.path)
    if let id = inspection.description?.id {
      writer.key("id")
      writer.value(id)
    }
    writer.key("sound")
    writer.value(faults.isEmpty)
    writer.key("faults")
    writer.beginArray()
    for fault in faults { PackageReport.write(fault, inspection, to: &writer) }
    writer.endArray()
    writer.key("warnings")
    writer.beginArray()
    for warning in inspection.warnings { PackageReport.write(warning, inspection, to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }
}
