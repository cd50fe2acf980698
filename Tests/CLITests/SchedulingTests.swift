import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// One scheduler for all models of a session: what it is told, what it tells.
  @Suite("Scheduling in sessions", .timeLimit(.minutes(3)))
  struct SchedulingTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let picture = SharedData.sample("models/hit-picture")
    private static let sound = SharedData.sample("models/hit-sound")

    @Test(
      "Two models that need twice the time there is: shares, intervals, use and fairness are told, and every decision")
    func overload() throws {
      let scratch = try Scratch()
      // 50 pictures a second, 20 ms each on either model.
      let models = try SmallModel.slowPair(scratch, milliseconds: 20)
      let log = scratch.path("decisions.jsonl")
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "8s", "--budget", "150ms", "--model", models[0], "--model",
        models[1], "--explain-skips", log,
      ])
      let ids = ["one@0.0.0", "other@0.0.0"]
      let fairness = try #require(records.summary["fairness"].number)
      #expect(fairness > 0.95)
      for id in ids {
        let account = records.account(id)
        #expect(account["results"].count < account["offered"].count)
        #expect((account["use"].number ?? 0) > 0.1 && (account["use"].number ?? 9) < 1)
        #expect((account["interval"].number ?? 0) >= 1 && account["rung"].number == 0)
        let started = Double(account["results"].count - account["probes"].count)
        // It is told to four decimal places.
        #expect((account["miss_ratio"].number ?? 1) <= Double(account["missed"].count) / max(1, started) + 0.0001)
      }
      #expect(ids.reduce(0) { $0 + (records.account($1)["use"].number ?? 0) } > 0.6)
      let allStats = records.of("stats")
      for stats in allStats {
        for (_, model) in stats["models"].object {
          for key in ["miss_ratio", "interval", "rung", "use"] { #expect(model[key].number != nil, "\(key)") }
        }
      }
      // There may be no percentile before the first record, and a machine that is held up may take seconds for it.
      let last = try #require(allStats.last)
      for id in ids {
        for key in ["p50", "p95", "p99"] { #expect(last["models"][id][key].number != nil, "\(key)") }
      }
      // A change is an event with its cause, and its interval that of the stats after it.
      let changes = records.of("event").filter { $0["name"].string == "interval" }
      #expect(!changes.isEmpty)
      for change in changes {
        #expect(["overload", "relief"].contains(change["cause"].string ?? ""))
        #expect(change["from"].number != change["to"].number && ids.contains(change["model"].string ?? ""))
      }
      try checkDecisions(log, records)
      withExtendedLifetime(scratch) {}
    }

    /// Each run and each skip has one line, with the numbers that it follows from.
    private func checkDecisions(_ path: String, _ records: Records) throws {
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
        try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8))
      }
      for (id, account) in records.summary["models"].object {
        let its = lines.filter { $0["model"].string == id }
        let runs = its.filter { $0["decision"].string == "run" }
        #expect(runs.count == account["results"].count, "\(id)")
        #expect(runs.filter { $0["reason"].string == "probe" }.count == account["probes"].count)
        for (reason, count) in account["skipped"].object {
          let skips = its.filter { $0["decision"].string == "skip" && $0["reason"].string == reason }
          #expect(skips.count == count.count, "\(id): \(reason)")
        }
        for run in runs where run["reason"].string == "fits" {
          #expect((run["estimate_ms"].number ?? 0) <= run["slack_ms"].number ?? -1)
        }
        for line in its where line["decision"].string != "change" {
          #expect(line["pts"].number != nil && line["time"].number != nil && line["queue"].number != nil)
        }
      }
      let told = records.of("event").filter { $0["name"].string == "interval" }.count
      #expect(lines.filter { $0["change"].string == "interval" }.count == told)
    }

    @Test("A minimum rate is kept beside a model that is worth more, and a model has its own budget")
    func settings() throws {
      let scratch = try Scratch()
      let models = try SmallModel.slowPair(scratch, milliseconds: 20)
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "6s", "--budget", "150ms", "--model", models[0], "--model",
        models[1], "--schedule", "one:weight=20", "--schedule", "other:min-rate=4,budget=200ms",
      ])
      let (one, other) = (records.account("one@0.0.0"), records.account("other@0.0.0"))
      #expect(other["results"].count >= 20, "four a second")
      #expect(one["results"].count > 2 * other["results"].count)
      #expect(
        records.results.allSatisfy { $0["budget"]["ms"].number == ($0["model"].string == "one@0.0.0" ? 150 : 200) })
      withExtendedLifetime(scratch) {}
    }

    @Test("A recording is repeated with its models' settings")
    func replay() throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let outcome = try Program.run([
        "run", Self.bounce, "--pace", "realtime", "--duration", "2s", "--budget", "30ms", "--record", folder, "--model",
        Self.picture, "--model", Self.sound, "--schedule", "hit-sound:budget=50ms,priority=1",
      ])
      let log = scratch.path("decisions.jsonl")
      let again = try Program.run(["run", "replay:\(folder)", "--explain-skips", log])
      #expect(outcome.status == 0 && again.output == outcome.output)
      try checkDecisions(log, try Records(again.output))
      // What is decided otherwise cannot go by the runs of then: the models run anew.
      for other in [["--budget", "40ms"], ["--skip", "every:5"], ["--schedule", "hit-sound:budget=60ms"]] {
        let outcome = try Program.run(["run", "replay:\(folder)"] + other)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let results = try Records(outcome.output).account("hit-sound@1.0.0")["results"].count
        #expect(results >= 5, "\(other)")
      }
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "What contradicts itself is refused at the start, with what would be right",
      arguments: [
        (["--schedule", "hit-pictur:weight=2"], "Did you mean hit-picture?"),
        (["--schedule", "hit-picture:wheight=2"], "Did you mean weight?"),
        (["--schedule", "hit-picture"], "names no model"),
        (["--schedule", "hit-picture:weight=2", "--schedule", "hit-picture@1.0.0:priority=2"], "named twice"),
        (["--schedule", "hit-picture:min-rate=51"], "more than the 50.0 that the source brings"),
        (["--schedule", "hit-picture:min-rate=20,budget=0.001ms"], "a minimum rate is asked"),
      ])
    func mistakes(options: [String], words: String) throws {
      let outcome = try Program.run(
        ["run", "-q", Self.bounce, "--pace", "realtime", "--duration", "1s", "--model", Self.picture] + options)
      #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test("Without a model there is nothing to schedule or to explain; a log that cannot be written is told")
    func nothing() throws {
      for options in [["--schedule", "m:weight=2"], ["--explain-skips", "-"]] {
        let outcome = try Program.run(["run", "-q", Self.bounce] + options)
        #expect(outcome.status == 2 && outcome.errors.contains("no model to schedule"))
      }
      let full = try Program.run([
        "run", "-q", Self.bounce, "--duration", "1s", "--model", Self.picture, "--explain-skips", "/dev/full",
      ])
      #expect(full.status == 6 && full.errors.contains("No space left"))
      let stderr = try Program.run([
        "run", "-q", Self.bounce, "--duration", "1s", "--model", Self.picture, "--explain-skips", "-",
      ])
      #expect(stderr.status == 0 && stderr.errors.split(separator: "\n").count == 50)
    }
  }
}
