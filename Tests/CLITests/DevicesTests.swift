import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  @Suite("Devices", .timeLimit(.minutes(1)))
  struct DevicesTests {
    // Libraries of sound servers that are not there write to standard error themselves.
    private func lines(_ output: Data) throws -> [JSONValue] {
      try output.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(JSONValue.self, from: $0) }
    }

    @Test(
      "A device is listed with the URI that run takes, its state and what it gives, as a line of JSON and as a table")
    func list() throws {
      var settings = TestMicrophone.Settings()
      (settings.rate, settings.channels, settings.format) = (44_100, 2, "S24_3LE")
      let (free, busy, denied) = (try TestMicrophone(settings), try TestMicrophone(), try TestMicrophone())
      try busy.occupy(true)
      try denied.deny(true)
      let outcome = try Program.run(["devices", "--json"])
      #expect(outcome.status == 0 && !outcome.errors.contains("braid:"), "\(outcome.errors)")
      let devices = try lines(outcome.output)
      for device in devices { #expect(device["event"] == .null && device["kind"].string != nil) }
      let found = try #require(devices.first { $0["uri"].string == free.uri })
      #expect(found["kind"].string == "audio" && found["state"].string == "ready")
      #expect(found["name"].string == free.name && found["description"].string?.contains(free.name) == true)
      let formats = found["formats"].array.compactMap(\.string).joined()
      #expect(formats.contains("44100") && formats.contains("2"), "\(formats)")
      #expect(devices.first { $0["uri"].string == busy.uri }?["state"].string == "busy")
      #expect(devices.first { $0["uri"].string == denied.uri }?["state"].string == "not-permitted")

      let table = try Program.run(["devices"]).text.split(separator: "\n", omittingEmptySubsequences: false)
      let row = try #require(table.firstIndex { $0.hasPrefix(free.uri + " ") })
      #expect(table[row].contains("audio") && table[row].contains("ready") && table[row + 1].contains("44100"))
    }

    @Test("--watch tells what comes and goes; an interruption ends it with 130")
    func watch() throws {
      let first = try TestMicrophone()
      let running = try Program.Running(["devices", "--watch", "--json"])
      func wait(for uri: String, _ event: String) throws -> Bool {
        for _ in 0..<300 {
          let whole = running.soFar.prefix(through: (running.soFar.lastIndex(of: UInt8(ascii: "\n")) ?? -1))
          if try lines(Data(whole)).contains(where: { $0["uri"].string == uri && $0["event"].string == event }) {
            return true
          }
          usleep(100_000)
        }
        return false
      }
      #expect(try wait(for: first.uri, "present"))
      let second = try TestMicrophone()
      #expect(try wait(for: second.uri, "present"))
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130 && !outcome.errors.contains("braid:"), "\(outcome.errors)")
    }

    @Test("--watch ends quietly when its reader goes")
    func reader() throws {
      _ = try TestMicrophone()
      let outcome = try Program.run(
        ["devices", "--watch"], prefix: ["bash", "-c", "set -o pipefail; \"$@\" | head -n 1", "bash"])
      #expect(
        outcome.status == 0 && !outcome.errors.contains("braid:") && outcome.text.split(separator: "\n").count == 1)
    }
  }
}
