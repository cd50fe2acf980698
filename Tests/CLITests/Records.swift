import BraidTestSupport
import Foundation
import Testing

/// The records of one run, checked against everything that holds of every run.
struct Records {
  let lines: [JSONValue]

  /// Parses and checks the output of a run.
  init(_ output: Data, _ location: SourceLocation = #_sourceLocation) throws {
    let decoder = JSONDecoder()
    lines = try output.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(JSONValue.self, from: $0) }
    try Self.validate(output, location)
    checkOrder(location)
    checkBalance(location)
  }

  var session: JSONValue { lines.first ?? .null }
  var summary: JSONValue { lines.last ?? .null }
  var errors: [JSONValue] { of("error") }
  var results: [JSONValue] { of("result") }

  /// All records of a type.
  func of(_ type: String) -> [JSONValue] { lines.filter { $0["type"].string == type } }

  /// The final events of a name, of a model or a stream where one is given.
  func events(_ name: String, model: String? = nil, stream: String? = nil) -> [JSONValue] {
    of("event").filter {
      $0["name"].string == name && $0["final"].bool == true && (model == nil || $0["model"].string == model)
        && (stream == nil || $0["stream"].string == stream)
    }
  }

  /// The summary's account of a model.
  func account(_ model: String) -> JSONValue { summary["models"][model] }

  private func checkOrder(_ location: SourceLocation) {
    #expect(session["type"].string == "session", sourceLocation: location)
    #expect(summary["type"].string == "summary", sourceLocation: location)
    #expect(of("session").count == 1 && of("summary").count == 1, sourceLocation: location)
    let seqs = lines.compactMap { $0["seq"].number }
    #expect(zip(seqs, seqs.dropFirst()).allSatisfy { $0 < $1 }, "seq increases", sourceLocation: location)
    var last: [String: Double] = [:]
    for result in results {
      let key = "\(result["model"]) \(result["stream"]) \(result["epoch"])"
      let pts = result["pts"].number ?? -.infinity
      #expect(pts >= last[key] ?? -.infinity, "pts of \(key) goes back", sourceLocation: location)
      last[key] = pts
    }
    #expect(summary["errors"].count == errors.count, sourceLocation: location)
  }

  private func checkBalance(_ location: SourceLocation) {
    for (id, stream) in summary["streams"].object {
      let lost = stream["lost"]
      if stream["kind"].string == "audio" {
        #expect(
          stream["samples"].count == stream["delivered"].count + stream["lost_samples"].count, "\(id)",
          sourceLocation: location)
      } else {
        #expect(
          stream["frames"].count == stream["delivered"].count + lost["ring"].count + lost["gap"].count, "\(id)",
          sourceLocation: location)
      }
    }
    for (id, model) in summary["models"].object {
      let skipped = model["skipped"].object.values.reduce(0) { $0 + $1.count }
      #expect(model["offered"].count == model["results"].count + skipped, "\(id)", sourceLocation: location)
      let results = results.filter { $0["model"].string == id }
      #expect(model["results"].count == results.count, "\(id)", sourceLocation: location)
      #expect(
        model["probes"].count == results.filter { $0["probe"].bool == true }.count, "\(id)", sourceLocation: location)
      for (reason, count) in model["skipped"].object {
        let told = results.reduce(0) { $0 + $1["lost"][reason].count }
        #expect(told <= count.count, "\(id): \(reason)", sourceLocation: location)
      }
      if let stream = model["stream"].string, stream.hasPrefix("video") {
        #expect(
          model["offered"].count == summary["streams"][stream]["delivered"].count, "\(id)", sourceLocation: location)
      }
    }
  }

  /// Checks every line against `braid schema` with Python's jsonschema.
  static func validate(_ output: Data, _ location: SourceLocation) throws {
    let scratch = try Scratch()
    try scratch.write("schema.json", schema)
    try scratch.write("records.jsonl", output)
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      kind = getattr(jsonschema, "Draft202012Validator", None) or jsonschema.Draft7Validator
      kind.check_schema(schema)
      validator = kind(schema)
      for number, line in enumerate(open(sys.argv[2]), 1):
          for error in validator.iter_errors(json.loads(line)):
              print(number, list(error.absolute_path), error.message[:300])
      """
    let faults = try Tool.run(
      "/usr/bin/python3", ["-W", "ignore", "-c", script, scratch.path("schema.json"), scratch.path("records.jsonl")])
    #expect(faults.isEmpty, "\(faults.prefix(2000))", sourceLocation: location)
  }

  private static let schema: Data = (try? Program.run(["schema"]).output) ?? Data()
}

extension Program {
  /// Runs `braid run -q` and checks its records and its status.
  static func records(
    _ arguments: [String], status: Int32 = 0, input: String? = nil, folder: String? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> Records {
    let outcome = try run(["run", "-q"] + arguments, input: input, folder: folder)
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.errors.isEmpty == (status == 0), "\(outcome.errors)", sourceLocation: location)
    return try Records(outcome.output, location)
  }
}
