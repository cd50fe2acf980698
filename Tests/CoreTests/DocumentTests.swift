import BraidCore
import BraidTestSupport
import Testing

@Suite("Documents")
struct DocumentTests {
  private func read(_ text: String, _ limits: DocumentLimits = DocumentLimits()) throws(DocumentError) -> Document {
    try Document(Array(text.utf8), file: "a.yaml", limits: limits)
  }

  private func error(_ text: String, _ limits: DocumentLimits = DocumentLimits()) -> String {
    do {
      return "no error: \(try read(text, limits).root)"
    } catch {
      return error.description
    }
  }

  @Test(
    "plain scalars are what YAML 1.2.2, 10.3.2 says",
    arguments: [
      ("null", .null), ("~", .null), ("", .null), ("Null", .null), ("nULL", .text("nULL")),
      ("true", .flag(true)), ("False", .flag(false)), ("TRUE", .flag(true)), ("tRUE", .text("tRUE")),
      ("yes", .text("yes")), ("No", .text("No")), ("on", .text("on")), ("off", .text("off")), ("y", .text("y")),
      ("0", .whole(0)), ("0o7", .whole(7)), ("0x3A", .whole(58)), ("-19", .whole(-19)), ("+12", .whole(12)),
      ("010", .whole(10)),
      ("0o8", .text("0o8")), ("0x", .text("0x")), ("-0x1", .text("-0x1")), ("1_000", .text("1_000")),
      ("0b1", .text("0b1")),
      ("0.", .number(0)), ("-0.0", .number(-0.0)), (".5", .number(0.5)), ("+12e03", .number(12000)),
      ("-2E+05", .number(-200_000)),
      ("-.5", .number(-0.5)), ("5.e1", .number(50)), ("1e3", .number(1000)), (".", .text(".")), ("1e", .text("1e")),
      (".e1", .text(".e1")),
      (".inf", .number(.infinity)), ("-.Inf", .number(-.infinity)), ("+.INF", .number(.infinity)),
      ("inf", .text("inf")),
      ("nan", .text("nan")), ("infinity", .text("infinity")), ("0x1p3", .text("0x1p3")), ("- 1", .list([])),
      ("12:30", .text("12:30")), ("2001-12-14", .text("2001-12-14")), ("1.2.3", .text("1.2.3")), ("=", .text("=")),
      ("9223372036854775807", .whole(.max)), ("9223372036854775808", .number(9223372036854775808)),
      ("1e999", .number(.infinity)),
      ("'1'", .text("1")), ("\"true\"", .text("true")), ("!!str 1", .text("1")), ("!!int 1", .whole(1)),
      ("! 1", .text("1")),
    ] as [(String, DocumentNode.Content)])
  func scalars(_ text: String, _ expected: DocumentNode.Content) throws {
    let content = try read(text).root.content
    if case .list = expected {
      if case .list = content {} else { Issue.record("\(content)") }
    } else {
      #expect(content == expected)
    }
  }

  @Test("NaN is a number that no range takes")
  func notANumber() throws {
    guard case .number(let number) = try read(".nan").root.content else {
      Issue.record("no number")
      return
    }
    #expect(number.isNaN)
    let faults = DocumentFaults(file: "a.yaml")
    #expect(try read("{a: .nan, b: .inf, c: 1e999}").map(faults)["a"].number() == nil)
    #expect(try read("{a: .nan, b: .inf, c: 1e999}").map(faults)["b"].number() == nil)
    #expect(faults.faults.count == 2)
  }

  @Test("JSON is read as JSON has it: escapes, surrogates, tabs, numbers, no spaces")
  func json() throws {
    let text =
      "\t{\n\t\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\ud83d\\ude00\\/\\\\ud83d\\n\"],\"b\":{\"c\":{}},\"d\":\"yes\"}\n"
    let root = try read(text).root
    guard case .map(let entries) = root.content, case .list(let list) = entries[0].value.content else {
      Issue.record("\(root)")
      return
    }
    #expect(
      list.map(\.content) == [.whole(1), .number(-2500), .flag(true), .null, .text("x\u{e9}\u{1F600}/\\ud83d\n")])
    #expect(entries.map(\.key) == ["a", "b", "d"])
    #expect(entries[0].place == DocumentPlace(line: 2, column: 2))
    #expect(entries[2].value.content == .text("yes"))
  }

  @Test("values know line and column; a place is found by its path, else that of what is around it")
  func places() throws {
    let document = try read("inputs:\n  - name: x\n    mean: [1, 2]\noutput: {}\n'a b': 1\n")
    #expect(document.place(of: "inputs[0].mean[1]") == DocumentPlace(line: 3, column: 15))
    #expect(document.place(of: "inputs[0].std[7].x") == DocumentPlace(line: 2, column: 5))
    #expect(document.place(of: "output.decoder") == DocumentPlace(line: 4, column: 9))
    #expect(document.place(of: "[\"a b\"]") == DocumentPlace(line: 5, column: 8))
    #expect(document.place(of: "nothing") == DocumentPlace(line: 1, column: 1))
  }

  @Test(
    "long names are cut in paths and refused beyond what YAML takes; thousands of fields are read at once",
    .timeLimit(.minutes(1)))
  func longNames() throws {
    let (long, accents) = (String(repeating: "a", count: 1000), "a" + String(repeating: "\u{301}", count: 400))
    let document = try read("? \(long)\n: [1, {b: 2}]\n? \(accents)\n: 3\n\"x.y\": {z: null}\n")
    let cut = String(repeating: "a", count: 80)
    #expect(DocumentField.path("", long) == cut)
    #expect(DocumentField.path("", accents).unicodeScalars.count == 80 + 4)
    #expect(document.place(of: "\(cut)[1].b") == DocumentPlace(line: 2, column: 11))
    #expect(document.place(of: "\(cut)[7]") == DocumentPlace(line: 2, column: 3))
    #expect(document.place(of: DocumentField.path("", accents)) == DocumentPlace(line: 4, column: 3))
    #expect(document.place(of: "[\"x.y\"].z") == DocumentPlace(line: 5, column: 9))
    #expect(document.place(of: "[99999999999999999999]") == document.root.place)
    let longer = String(repeating: "k", count: 400_000)
    #expect(
      error("? \(longer)\n: [\(Array(repeating: "0", count: 45_000).joined(separator: ","))]\n")
        == "a.yaml:1:3: a name of a field has 400000 bytes. Give it 1024 at most")

    let names = (0..<45_000).map { "name\($0)" }
    let many = try read(names.map { "\($0): 1\n" }.joined())
    let faults = DocumentFaults(file: "a.yaml")
    let map = many.map(faults)
    #expect(map.fields.allSatisfy { $0.field.whole() == 1 })
    map.refuseOthers()
    #expect(faults.isEmpty)
    for name in names { map[name].fault("it is wrong") }
    let error = #expect(throws: DocumentError.self) { try faults.check() }
    let lines = error?.message.split(separator: "\n") ?? []
    #expect(lines.count == 102 && lines.last == "  and 44900 more" && lines.first == "45000 things are wrong:")
  }

  private enum Colour: String, CaseIterable { case rgb, bgr, gray }

  @Test("one reading names every fault, in the document's order, with what was likely meant")
  func faults() throws {
    let document = try read(
      """
      name: [1]
      width: 0
      height: 12.5
      threshold: "0.5"
      colour: rbg
      budget: soon
      flag: maybe
      inputs:
        - {colour: rgb, witdh: 3}
        - 7
      hieght: 3
      list: 5
      """)
    let faults = DocumentFaults(file: "a.yaml")
    let map = document.map(faults)
    #expect(map["name"].text() == nil && map["width"].whole(1...16_384) == nil && map["height"].whole() == nil)
    #expect(map["threshold"].number(0...1) == nil && map["colour"].choice(Colour.self) == nil)
    #expect(map["budget"].duration() == nil && map["flag"].flag() == nil && map["list"].list() == nil)
    for input in map["inputs"].list() ?? [] {
      guard let input = input.map() else { continue }
      #expect(input["colour"].choice() == Colour.rgb)
      #expect(input["width"].required().whole() == nil)
      input.refuseOthers()
    }
    map.refuseOthers()
    #expect(
      faults.faults.map(\.description) == [
        "1:7: name: it must be a text, and is a list",
        "2:8: width: 0 is out of range. Give 1 to 16384",
        "3:9: height: 12.5 is no whole number. Write it without quotes",
        "4:12: threshold: it must be a number, and is a text. Write it without quotes",
        "5:9: colour: 'rbg' is not known. Did you mean 'rgb'? It is one of rgb, bgr, gray",
        "6:9: budget: 'soon' is no duration. Write it as 50ms, 1.5s, 2m or 1:30",
        "7:7: flag: it must be true or false, and is a text",
        "9:5: inputs[0].width: the field is missing",
        "9:19: inputs[0].witdh: there is no such field. Did you mean 'width'? There are colour, width",
        "10:5: inputs[1]: it must be a map of names and values, and is a number",
        "11:1: hieght: there is no such field. Did you mean 'height'? "
          + "There are name, width, height, threshold, colour, budget, flag, list, inputs",
        "12:7: list: it must be a list, and is a number",
      ])
    do {
      try faults.check()
      Issue.record("no error")
    } catch {
      #expect(error.description.hasPrefix("a.yaml: 12 things are wrong:\n  a.yaml:1:7: name: it must be"))
    }
  }

  @Test("texts stay as they are spelt, numbers are exact, null is as good as absent")
  func getters() throws {
    let map = try read(
      "{version: 1.10, label: 007, no: no, whole: 8.0, hex: 0x10, low: -1e-3, none: null, yes: yes, d: 1.5s, n: 2}"
    ).map(DocumentFaults(file: ""))
    #expect(map["version"].text() == "1.10" && map["label"].text() == "007" && map["no"].text() == "no")
    #expect(map["whole"].whole() == 8 && map["hex"].whole() == 16 && map["low"].number() == -0.001)
    #expect(!map["none"].isPresent && map["none"].text() == nil && map["yes"].flag() == true)
    #expect(map["d"].duration() == .milliseconds(1500) && map["n"].duration() == .milliseconds(2000))
    #expect(map.faults.isEmpty)
    #expect(map["none"].required().list() == nil && map["gone"].required().map() == nil)
    #expect(map.faults.faults.map(\.message) == ["the field is missing", "the field is empty"])
  }

  @Test("what is no document is told with its place")
  func invalid() {
    #expect(error("a: 1\nb: 2\na: 3\n") == "a.yaml:3:1: a: the field is given twice, first in line 1. Keep one of them")
    #expect(error("a: {b: 1, b: 2}\nc: *d\n").contains("a.yaml:1:11: b: the field is given twice"))
    #expect(error("a: {b: 1, b: 2}\nc: *d\n").contains("a.yaml:2:4: there is no anchor '&d' before this alias"))
    #expect(error("a: [1, 2\nb: 3\n").hasPrefix("a.yaml:2:"))
    #expect(
      error("a:\n\tb: 1\n").contains("a.yaml:2:1: it is not valid: while scanning for the next token: found character"))
    #expect(error("a: 1\n--- \nb: 2\n") == "a.yaml:2:1: a second document begins. Keep one document in a file")
    #expect(error("[1, 2]: 3").hasPrefix("a.yaml:1:1: a name of a field must be a plain text"))
    #expect(error("a: !foo 3").hasPrefix("a.yaml:1:4: the tag '!foo' does not fit"))
    #expect(error("a: !!int x").hasPrefix("a.yaml:1:4: the tag 'tag:yaml.org,2002:int' does not fit"))
    #expect(error("a: \u{1}").hasPrefix("a.yaml:1:4: it is not valid: control characters are not allowed"))
    #expect(error("a: &a [*a]").hasPrefix("a.yaml:1:8: there is no anchor '&a'"))
    #expect(throws: DocumentError.self) { try Document([0x61, 0x3A, 0x20, 0xFF], file: "a") }
    do {
      _ = try Document([0x61, 0x0A, 0x20, 0xFF], file: "a")
    } catch {
      #expect(error.description == "a:2:2: it is no UTF-8 text. Save it as UTF-8")
    }
    for (text, message) in [
      ("", "it is empty"), ("# only this\n", "it is empty"),
      ("5", "it must be a map of names and values, and is a number"),
    ] {
      let faults = DocumentFaults(file: "a.yaml")
      let map = try? read(text).map(faults)
      #expect(map?["name"].required().text() == nil)
      map?.refuseOthers()
      #expect(faults.faults.map(\.message) == [message])
    }
    #expect(throws: DocumentError.self) { try Document(path: "/nowhere/at/all.yaml") }
    #expect(throws: DocumentError.self) { try Document(path: "/") }
    #expect(throws: DocumentError.self) { try Document(path: "/dev/zero") }
  }

  @Test("aliases work, and those that multiply or nest without end are refused", .timeLimit(.minutes(1)))
  func anchors() throws {
    let shared = try read("a: &x {w: 1}\nb: *x\n")
    #expect(shared.map(DocumentFaults(file: ""))["b"].map()?["w"].whole() == 1)
    #expect(shared.place(of: "b") == DocumentPlace(line: 2, column: 4))

    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      laughs += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(error(laughs).hasPrefix("a.yaml:5:"))
    #expect(error(laughs).contains("more than 100000 values, with those that aliases stand for"))
    // As a key, where other readers would walk all of it.
    #expect(
      error(laughs.split(separator: "\n").prefix(4).joined(separator: "\n") + "\n? *a3\n: 1\n").contains(
        "must be a plain text"))

    var chain = "a0: &a0 x\n"
    for level in 1...20_000 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(error(chain).contains("more than 64 lists and maps are inside each other"))
    #expect(error(String(repeating: "[", count: 900_000)).contains("more than 64 lists"))
    #expect(error(String(repeating: "{a: ", count: 100_000)).contains("more than 64 lists"))
    #expect(error(String(repeating: "- ", count: 100_000)).contains("more than 64 lists"))
    #expect(error(String(repeating: "? ", count: 100_000)).contains("a.yaml:1:"))
    #expect(error("[" + String(repeating: "1,", count: 200_000) + "]").contains("more than 100000 values"))
    #expect(error(String(repeating: "#", count: 1 << 20) + "\n").contains("longer than 1048576 bytes"))
  }

  @Test("mutated documents are read or refused, never worse", .timeLimit(.minutes(1)))
  func mutations() {
    let seeds = [
      "{\"name\": \"x\", \"inputs\": [{\"mean\": [1, 2.5e3], \"fit\": null}], \"é\": \"\\ud83d\\ude00\"}",
      "name: &a x\ninputs:\n  - mean: [1, 2]\n    text: |\n      folded\n  - *a\n? k\n: !!str 5\n'q': \"\\x41\"\n--- \n",
    ]
    let marks = Array("[]{}:,-?&*!|>'\"%@`#\t\n \\0x\u{0}".utf8)
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    func random(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    for round in 0..<4000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0...random(6) {
        let place = random(bytes.count)
        switch random(4) {
        case 0: bytes[place] = marks[random(marks.count)]
        case 1: bytes.insert(marks[random(marks.count)], at: place)
        case 2: bytes.remove(at: place)
        default: bytes[place] = UInt8(random(256))
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do {
        let document = try Document(bytes, file: "fuzz")
        let faults = DocumentFaults(file: "fuzz")
        let map = document.map(faults)
        for (_, field) in map.fields {
          _ = (field.whole(), field.number(0...1), field.list()?.map { $0.duration() }, field.flag())
        }
        map.refuseOthers()
        for fault in faults.faults {
          #expect(fault.place.map { $0.line > 0 && $0.column > 0 } ?? false, "seed \(seed)")
        }
      } catch {
        #expect(!error.faults.isEmpty && error.faults.allSatisfy { $0.place != nil }, "seed \(seed): \(error)")
      }
    }
  }
}
