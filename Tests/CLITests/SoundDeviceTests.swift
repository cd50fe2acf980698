import BraidTestSupport
import Foundation
import Testing

/// `braid run alsa:…` with a test microphone.
@Suite("Running a sound device", .serialized, .timeLimit(.minutes(2)))
struct SoundDeviceTests {
  /// Waits until the program's output holds so many records of a type.
  private func wait(_ running: Program.Running, for count: Int, of type: String) -> Bool {
    for _ in 0..<150 {
      let text = String(decoding: running.soFar, as: UTF8.self)
      if text.components(separatedBy: "{\"type\":\"\(type)\"").count > count { return true }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return false
  }

  @Test("Overrun, hang, unplug and replug: the process lives, every sample is accounted for, each loss is one gap")
  func troubles() throws {
    let device = try TestMicrophone()
    let running = try Program.Running(["run", device.uri, "--model", "none", "--stats-every", "200ms"])
    #expect(wait(running, for: 3, of: "stats"))
    try device.send(.overrun)
    #expect(wait(running, for: 1, of: "gap"))
    try device.send(.hang)
    #expect(wait(running, for: 2, of: "gap"))
    try device.plug(false)
    #expect(wait(running, for: 3, of: "event"))
    try device.plug(true)
    #expect(wait(running, for: 3, of: "gap"))
    #expect(wait(running, for: 4, of: "event"))
    running.send(SIGINT)
    let outcome = try running.finish()
    #expect(outcome.status == 130)
    let records = try Records(outcome.output)
    let gaps = records.of("gap")
    #expect(gaps.map { $0["reason"].string } == ["overrun", "unplug", "unplug"])
    #expect(gaps.map { $0["new_epoch"].count } == [1, 2, 3])
    #expect(records.events("disconnected").count == 2)
    #expect(records.events("reconnected").count == 2)
    let account = records.summary["streams"]["audio:0"]
    #expect(account["lost"]["gap"].count == gaps.reduce(0) { $0 + $1["samples"].count })
    // What was delivered and what was lost is the time that has passed.
    let first = account["first_pts"].number ?? 0
    let last = (account["last_pts"].number ?? 0) + 0.01
    #expect(abs(Double(account["samples"].count) - (last - first) * 48000) < 480)
    for gap in gaps {
      #expect(abs((gap["duration"].number ?? 0) * 48000 - Double(gap["samples"].count)) < 240)
    }
  }

  @Test("Lost for good is status 5, with the summary; no such device is status 3")
  func statuses() throws {
    let device = try TestMicrophone()
    let running = try Program.Running([
      "run", device.uri, "--model", "none", "--stats-every", "200ms", "--reconnect-limit", "2", "--reconnect-wait",
      "100ms",
    ])
    #expect(wait(running, for: 2, of: "stats"))
    try device.plug(false)
    let lost = try running.finish()
    #expect(lost.status == 5)
    let records = try Records(lost.output)
    #expect(records.errors.map { $0["code"].string } == ["lost"])
    #expect(records.of("gap").count == 1)
    try device.plug(true)

    let unknown = try Program.run(["run", device.uri + "0", "--model", "none"])
    #expect(unknown.status == 3)
    #expect(unknown.errors.contains("Did you mean \(device.uri)"))
    let option = try Program.run(["run", device.uri + "?rate=quick"])
    #expect(option.status != 0)
    #expect(option.errors.contains("rate 'quick'"))
  }

  @Test("What was negotiated is told")
  func probe() throws {
    var settings = TestMicrophone.Settings()
    settings.format = "S24_3LE"
    let device = try TestMicrophone(settings)
    let outcome = try Program.run(["probe", "--json", device.uri + "?rate=44100&latency=20ms&channels=1"])
    #expect(outcome.status == 0)
    let stream = try JSONDecoder().decode(JSONValue.self, from: outcome.output)["streams"].array.first ?? .null
    #expect(stream["sample_rate"].count == 44100)
    #expect(stream["channels"].count == 1)
    #expect(stream["sample_format"].string == "s24-packed")
    #expect(stream["period_samples"].count == 882)
    #expect(stream["buffer_samples"].count >= 8820)
  }
}
