import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Numbers, JSON and tables, against Foundation.
@Suite("Formats of lines", .timeLimit(.minutes(1)))
struct LineFormatTests {
  @Test("Stamps are exact: as Foundation's decimal numbers give them, rounded to the nanosecond, halves away from zero")
  func decimals() {
    var random = SeededGenerator.printed()
    for _ in 0..<20_000 {
      let digits = (0..<Int.random(in: 1...18, using: &random)).map { _ in
        "0123456789".randomElement(using: &random) ?? "0"
      }
      var text = String(digits)
      if Bool.random(using: &random) {
        text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random)))
      }
      if Bool.random(using: &random) { text = "-" + text }
      if Int.random(in: 0..<4, using: &random) == 0 { text += "e\(Int.random(in: -12...6, using: &random))" }
      let exponent = [0, 3, 6, 9].randomElement(using: &random) ?? 9
      // Foundation reads "1." and ".5" only with a digit on both sides.
      let plain = text.replacing("-.", with: "-0.").replacing(".e", with: ".0e")
      guard
        var number = Decimal(string: (plain.hasPrefix(".") ? "0" : "") + plain + (plain.hasSuffix(".") ? "0" : ""))
      else {
        Issue.record("\(text)")
        continue
      }
      number *= pow(Decimal(10), exponent)
      var rounded = Decimal()
      unsafe NSDecimalRound(&rounded, &number, 0, .plain)
      let bytes = Array(text.utf8)
      let found = DecimalTime.nanoseconds(bytes, 0..<bytes.count, exponent: exponent)
      if rounded.magnitude <= Decimal(Int64.max) {
        #expect(found == NSDecimalNumber(decimal: rounded).int64Value, "\(text) e\(exponent)")
      } else {
        #expect(found == nil, "\(text) e\(exponent)")
      }
    }
  }

  @Test(
    "What is no number is none",
    arguments: ["", "-", ".", "e5", "1e", "1e+", "nan", "inf", "0x10", "1,5", "1 ", "--1", "1e99999999999999999999"])
  func noNumber(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(DecimalTime.nanoseconds(bytes, 0..<bytes.count, exponent: 9) == nil)
  }

  @Test("Unix times in nanoseconds keep their last digit, which a Double does not")
  func unixTime() {
    let bytes = Array("1763733600123456789".utf8)
    #expect(DecimalTime.nanoseconds(bytes, 0..<bytes.count, exponent: 0) == 1_763_733_600_123_456_789)
    let seconds = Array("1763733600.123456789".utf8)
    #expect(DecimalTime.nanoseconds(seconds, 0..<seconds.count, exponent: 9) == 1_763_733_600_123_456_789)
  }

  /// Whether the scanner takes a text as one JSON object.
  private static func scans(_ bytes: [UInt8]) -> Bool {
    var scanner = JSONScanner(bytes)
    do {
      guard try scanner.kind() == .object else { return false }
      try scanner.skip()
      try scanner.end()
      return true
    } catch {
      return false
    }
  }

  @Test("A text is an object exactly where Foundation says so, whatever has been done to it")
  func objects() {
    var random = SeededGenerator.printed()
    let seeds = [
      #"{"t": 1.25, "duration": 0.5, "text": "a\"b\\ \u00e9\n", "id": [1, -2.5e-3, {"x": null}], "f": true}"#,
      #"{"t":-0.0,"values":{"a":1E+5,"b":0},"c":false,"d":{},"e":[],"g":[[]]}"#,
    ].map { Array($0.utf8) }
    let alphabet = Array("{}[]\":,0123456789.eE+-tfn\\u ax".utf8)
    var valid = 0
    for _ in 0..<20_000 {
      var bytes = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes[place] = alphabet.randomElement(using: &random) ?? 0
        default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...5, using: &random)))
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let reference = (try? JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any]
      let found = Self.scans(bytes)
      // Foundation takes half a surrogate pair and a number beyond Double's for errors, a comma before a closing bracket for none.
      let isLenient =
        text.contains(/,\s*[}\]]/) || text.contains(/\\u[dD][89a-fA-F]/) || text.contains(/\{\s*,/)
        || text.contains(/[eE]\+?[0-9]{3}/)
      if !isLenient { #expect(found == reference, "\(text)") }
      if found { valid += 1 }
    }
    #expect(valid > 2000)
  }

  @Test("Strings are what Foundation reads, escapes and pairs of surrogates too")
  func strings() throws {
    let line = Array(#"{"a\u0062": "x\ud83d\ude00y\u00e9\t\/\"\\ü\u0041"}"#.utf8)
    var scanner = JSONScanner(line)
    try scanner.beginObject()
    var isFirst = true
    let key = try #require(try scanner.nextKey(&isFirst))
    #expect(scanner.matches(key, Array("ab".utf8)) && !scanner.matches(key, Array("a".utf8)))
    let text = scanner.text(of: try scanner.string())
    let reference = try JSONSerialization.jsonObject(with: Data(line)) as? [String: String]
    #expect(text == reference?["ab"])
    // Half a pair alone is no character.
    let half = JSONScanner(Array(#""\ud83dx""#.utf8))
    #expect(half.text(of: JSONScanner.Token(range: 1..<8, hasEscapes: true)) == "\u{fffd}x")
  }

  @Test("What is nested a thousand deep is an error")
  func depth() {
    let bytes = Array((String(repeating: #"{"a":"#, count: 1000) + "1" + String(repeating: "}", count: 1000)).utf8)
    #expect(!Self.scans(bytes))
  }

  private func parser(_ uri: String) throws -> SensorLineParser {
    SensorLineParser(try #require(try FeedLocation(uri)))
  }

  private func values(_ reading: FeedReading?) -> [Double] {
    if case .values(let values) = reading?.content { values } else { [] }
  }

  @Test("A table's head names columns and their units; rows may be quoted, and parted by semicolons or tabs")
  func table() throws {
    for delimiter in [",", ";", "\t"] {
      var parser = try parser("sensor:x")
      let head = ["\"t\"", "acc x (m/s²)", "gyro [°/s]", "plain"].joined(separator: delimiter)
      #expect(try parser.parse(Array(head.utf8), isWhole: true) == nil)
      #expect(
        parser.channels == [
          SensorChannel(name: "acc x", unit: "m/s²"), SensorChannel(name: "gyro", unit: "°/s"),
          SensorChannel(name: "plain", unit: nil),
        ])
      let row = [" 12.5 ", "\"1e-3\"", "-4", "+.5"].joined(separator: delimiter)
      let reading = try parser.parse(Array(row.utf8), isWhole: true)
      #expect(reading?.stamp == 12_500_000_000 && values(reading) == [0.001, -4, 0.5])
    }
  }

  @Test(
    "Chosen columns come in the order asked for, with the units asked for; rows without any of them are passed over")
  func columns() throws {
    var parser = try parser("sensor:x?columns=b,a%2Cc&units=,g&time=when&unit=us")
    #expect(try parser.parse(Array("a,when,b,\"a,c\"".utf8), isWhole: true) == nil)
    #expect(parser.channels == [SensorChannel(name: "b", unit: nil), SensorChannel(name: "a,c", unit: "g")])
    let reading = try parser.parse(Array("x,2000001,1,2".utf8), isWhole: true)
    #expect(reading?.stamp == 2_000_001_000 && values(reading) == [1, 2])
    #expect(try parser.parse(Array("x,2000002,,".utf8), isWhole: true) == nil)
    #expect(throws: LineFault.self) { try parser.parse(Array("x,2000003,1,".utf8), isWhole: true) }
  }

  @Test("The head may name the unit of time; another one asked for is an error")
  func unitOfTime() throws {
    var milliseconds = try parser("sensor:x")
    _ = try milliseconds.parse(Array("time (ms),a".utf8), isWhole: true)
    #expect(try milliseconds.parse(Array("1500,1".utf8), isWhole: true)?.stamp == 1_500_000_000)
    var contradicted = try parser("sensor:x?unit=us")
    #expect(throws: LineFault.self) { try contradicted.parse(Array("time (ms),a".utf8), isWhole: true) }
  }

  @Test(
    "Rows that cannot be read say why",
    arguments: [
      ("1,2", LineFault.Kind.syntax), ("1,2,3,4", .syntax), ("1,\"2,3", .syntax), ("1,nan,3", .value),
      ("1,inf,3", .value), ("1,1e999,3", .value), ("1,abc,3", .value), ("1,0x10,3", .value), (",2,3", .time),
      ("x,2,3", .time), ("1e30,2,3", .time), ("1,2,", .value),
    ])
  func badRows(_ row: String, _ kind: LineFault.Kind) throws {
    var parser = try parser("sensor:x")
    _ = try parser.parse(Array("t,a,b".utf8), isWhole: true)
    do {
      _ = try parser.parse(Array(row.utf8), isWhole: true)
      Issue.record("it was read")
    } catch {
      #expect(error.kind == kind)
    }
  }

  @Test("Both forms of a sensor's JSON are read; the first line's numbers are the channels")
  func sensorObjects() throws {
    for line in [
      #"{"t": 12.5, "values": {"acc_x": 0.1, "acc_y": 2}}"#, #"{"acc_x": 0.1, "note": "x", "t": 12.5, "acc_y": 2}"#,
    ] {
      var parser = try parser("sensor:x")
      let reading = try parser.parse(Array(line.utf8), isWhole: true)
      #expect(parser.channels?.map(\.name) == ["acc_x", "acc_y"])
      #expect(reading?.stamp == 12_500_000_000 && values(reading) == [0.1, 2])
      // Another sensor's reading on the same feed is none of this one's.
      #expect(try parser.parse(Array(#"{"t": 13, "gps": 1}"#.utf8), isWhole: true) == nil)
      #expect(throws: LineFault.self) { try parser.parse(Array(#"{"t": 13, "acc_x": 1}"#.utf8), isWhole: true) }
      #expect(throws: LineFault.self) {
        try parser.parse(Array(#"{"t": 13, "acc_x": null, "acc_y": 2}"#.utf8), isWhole: true)
      }
      #expect(throws: LineFault.self) {
        try parser.parse(Array(#"{"t": 13, "acc_x": 1e999, "acc_y": 2}"#.utf8), isWhole: true)
      }
      #expect(throws: LineFault.self) {
        try parser.parse(Array(#"{"t": 13, "acc_x": NaN, "acc_y": 2}"#.utf8), isWhole: true)
      }
    }
  }

  @Test(
    "A wrong URI is answered with what is right",
    arguments: [
      "sensor:", "text:?unit=s", "sensor:x?unit=minutes", "sensor:x?rate=5", "sensor:x?unit=s&unit=s",
      "sensor:x?lateness=-1s", "sensor:x?lateness=2h", "sensor:x?columns=a,,b", "sensor:x?columns=a,a",
      "sensor:x?columns=a,b&units=g", "sensor:x?epoch=yesterday", "text:x?columns=a", "text:x?encoding=",
      "sensor:x?time=",
    ])
  func wrongURI(_ uri: String) {
    do {
      _ = try FeedLocation(uri)
      Issue.record("it was taken")
    } catch {
      #expect(error.code == .invalidOption && !error.remedy.isEmpty)
    }
  }
}
