import ArgumentParser
import BraidCore
import BraidPipeline

/// `braid doctor`
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what this machine has, what is missing, and what to do about it.",
    discussion: """
      Exit status: 0 if everything works, if with limits; 1 if something will
      not work.

      Examples:
        braid doctor
        braid doctor --json | jq -r '.checks[] | select(.verdict != "good").remedy'
      """)

  @Flag(name: .long, help: "One JSON object instead of a table.")
  var json = false

  func run() throws {
    let diagnosis = Diagnosis(modelFolders: ModelFolders.all)
    if json { printJSON(diagnosis) } else { printTable(diagnosis) }
    if diagnosis.checks.contains(where: { $0.verdict == .bad }) { throw CommandStatus(ExitStatus(code: 1)) }
  }

  private func printTable(_ diagnosis: Diagnosis) {
    let width = diagnosis.checks.map(\.subject.count).max() ?? 0
    print("braid \(BraidVersion.current)")
    for check in diagnosis.checks {
      let mark =
        switch check.verdict {
        case .good: Style.output.green("ok     ")
        case .limited: Style.output.yellow("limited")
        case .bad: Style.output.red("BAD    ")
        }
      let padding = String(repeating: " ", count: width - check.subject.count)
      print("\(mark)  \(check.subject)\(padding)  \(check.finding)")
      if !check.remedy.isEmpty { print("         \(String(repeating: " ", count: width))→ \(check.remedy)") }
    }
  }

  private func printJSON(_ diagnosis: Diagnosis) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.value(BraidVersion.current)
    writer.key("checks")
    writer.beginArray()
    for check in diagnosis.checks {
      writer.beginObject()
      writer.key("subject")
      writer.value(check.subject)
      writer.key("finding")
      writer.value(check.finding)
      writer.key("verdict")
      writer.value(check.verdict.rawValue)
      if !check.remedy.isEmpty {
        writer.key("remedy")
        writer.value(check.remedy)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    print(String(decoding: writer.bytes, as: UTF8.self))
  }
}
