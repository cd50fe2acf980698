import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// The help of every command, word for word. `BRAID_UPDATE_GOLDENS=1 swift test --filter HelpTests` writes it anew.
  @Suite("Help", .timeLimit(.minutes(1)))
  struct HelpTests {
    @Test(
      "Help is as it was written down",
      arguments: [
        "", "run", "devices", "probe", "features", "schema", "doctor", "model", "model inspect", "model check",
        "model pack", "model run",
        "model test",
        "model bench", "model quantize", "model compare",
      ])
    func help(command: String) throws {
      let outcome = try Program.run(command.split(separator: " ").map(String.init) + ["--help"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty)
      #expect(outcome.text.contains("Examples:"), "the help of '\(command)' has no examples")
      let file = SharedData.packageRoot
        .appendingPathComponent(
          "Tests/CLITests/Goldens/\(command.isEmpty ? "braid" : command.replacing(" ", with: "-")).txt")
      if ProcessInfo.processInfo.environment["BRAID_UPDATE_GOLDENS"] == "1" { try outcome.output.write(to: file) }
      #expect(try outcome.text == String(contentsOf: file, encoding: .utf8))
    }

    @Test("Every option of run is described")
    func described() throws {
      let lines = try Program.run(["run", "--help"]).text.split(separator: "\n", omittingEmptySubsequences: false)
      for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  --") {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        #expect(words.count > 2 || next.hasPrefix("                "), "\(line)")
      }
    }

    @Test("The version is told, and the doctor answers in both forms")
    func others() throws {
      #expect(try Program.run(["--version"]).text.first?.isNumber == true)
      let doctor = try Program.run(["doctor", "--json"])
      let answer = try JSONDecoder().decode(JSONValue.self, from: doctor.output)
      #expect(answer["checks"].array.count > 10)
      let isBad = answer["checks"].array.contains { $0["verdict"].string == "bad" }
      #expect(doctor.status == (isBad ? 1 : 0))
      for check in answer["checks"].array where check["verdict"].string != "good" {
        #expect(check["remedy"].string?.isEmpty == false, "\(check)")
      }
      #expect(try Program.run(["doctor"]).text.contains("oneDNN"))
    }

    @Test("probe tells what run takes, and every frame of it")
    func probe() throws {
      let clip = SharedData.sample("media/captions.mkv")
      let answer = try JSONDecoder().decode(JSONValue.self, from: try Program.run(["probe", clip, "--json"]).output)
      #expect(answer["streams"].array.filter { $0["selected"].bool == true }.count == 3)
      let records = try Program.records([clip])
      let frames = try Program.run(["probe", clip, "--frames"]).text.split(separator: "\n")
      #expect(
        frames.count == records.summary["streams"].object.values.reduce(0) { $0 + $1["frames"].count })
      let missing = try Program.run(["probe", "/no/such/file.mp4"])
      #expect(missing.status == 3 && missing.output.isEmpty && missing.errors.contains("/no/such/file.mp4"))
    }
  }
}
