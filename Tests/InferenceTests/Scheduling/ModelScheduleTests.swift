import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

@Suite("What is said of a model's schedule")
struct ModelScheduleTests {
  @Test("settings are read as the command line writes them, and written so that they can be read again")
  func parsing() throws {
    let schedule = try ModelSchedule("weight=2,min-rate=7.5,priority=-1,budget=40ms", location: "here")
    #expect(schedule.weight == 2 && schedule.minimumRate == 7.5 && schedule.priority == -1)
    #expect(schedule.budget == .milliseconds(40))
    #expect(try ModelSchedule(schedule.description, location: "here") == schedule)
  }

  @Test(
    "what is wrong is told with what would be right",
    arguments: [
      ("wieght=2", "Did you mean weight?"), ("min_rate=2", "Did you mean min-rate?"), ("fps=3", "There are weight"),
      ("weight=0", "above 0"), ("weight=nan", "above 0"), ("weight=1e9", "1000000"), ("min-rate=-1", "0 for none"),
      ("priority=1.5", "whole number"), ("priority=9999999999999999999", "whole number"), ("budget=0", "above 0"),
      ("budget=soon", "40ms"), ("weight", "weight=2"), ("weight=1,", "weight=2"), ("", "weight=2"),
      ("weight=1,weight=2", "once"),
    ])
  func mistakes(text: String, remedy: String) {
    do {
      _ = try ModelSchedule(text, location: "--schedule m")
      Issue.record("'\(text)' was taken")
    } catch {
      #expect(error.name == "invalid-option" && error.location == "--schedule m")
      #expect(error.remedy.contains(remedy), "\(error.remedy)")
    }
  }

  @Test("what is not said is taken from the other")
  func filling() throws {
    let own = try ModelSchedule("weight=2", location: "")
    let package = try ModelSchedule("weight=5,budget=40ms", location: "")
    #expect(own.filled(from: package) == (try ModelSchedule("weight=2,budget=40ms", location: "")))
  }

  @Test("a package says it under the same names, and a mistake is told with its place")
  func package() throws {
    func open(_ schedule: String) throws -> ModelPackage {
      let scratch = try Scratch()
      let text = """
        {"format": "braid-model/1", "name": "m", "version": "1.0.0", "model": "m.onnx",
         "inputs": [{"name": "x", "kind": "constant", "value": 1}], "schedule": \(schedule)}
        """
      try scratch.write("braid.json", Data(text.utf8))
      return try withExtendedLifetime(scratch) { try ModelPackage.open(scratch.path(".")) }
    }
    let schedule = try #require(
      try open(#"{"weight": 0.5, "min-rate": 5, "priority": 1, "budget": "40ms"}"#).description?.schedule)
    #expect(schedule == (try ModelSchedule("weight=0.5,min-rate=5,priority=1,budget=40ms", location: "")))
    let error = #expect(throws: InferenceError.self) { try open(#"{"min-rat": 5}"#) }
    #expect(error?.location.hasSuffix("braid.json:2:85: schedule.min-rat") == true)
    #expect(error?.remedy.contains("Did you mean min-rate?") == true)
    #expect(throws: InferenceError.self) { try open(#"{"weight": true}"#) }
  }
}
