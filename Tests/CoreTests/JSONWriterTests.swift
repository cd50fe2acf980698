import BraidCore
import Testing

@Suite struct JSONWriterTests {
  private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func `commas stand between members and nowhere else`() {
    let line = written { writer in
      writer.beginObject()
      writer.key("a")
      writer.beginArray()
      writer.value(1)
      writer.value(2)
      writer.beginObject()
      writer.endObject()
      writer.endArray()
      writer.key("b")
      writer.beginObject()
      writer.key("c")
      writer.null()
      writer.endObject()
      writer.key("d")
      writer.value(true)
      writer.endObject()
      writer.endLine()
      writer.beginObject()
      writer.endObject()
    }
    #expect(line == "{\"a\":[1,2,{}],\"b\":{\"c\":null},\"d\":true}\n{}")
  }

  @Test func `strings are escaped and stay UTF-8`() {
    #expect(written { $0.value("a\"b\\c\n\t\r\u{1}é🎥") } == "\"a\\\"b\\\\c\\n\\t\\r\\u0001é🎥\"")
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000000001"), (-1, "-0.000000001"), (1_500_000_000, "1.5"), (-1_500_000_000, "-1.5"),
    (29_960_000_000, "29.96"), (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"),
  ])
  func `times are exact in seconds`(nanoseconds: Int64, text: String) {
    #expect(written { $0.value(MediaTime(nanoseconds: nanoseconds)) } == text)
  }

  @Test func `milliseconds are rounded to the microsecond`() {
    #expect(written { $0.milliseconds(MediaDuration(nanoseconds: 1_234_567)) } == "1.235")
    #expect(written { $0.milliseconds(MediaDuration(nanoseconds: -1_234_567)) } == "-1.235")
    #expect(written { $0.milliseconds(.unlimited) } == "9223372036854.775")
  }

  @Test func `numbers that JSON cannot hold become null`() {
    #expect(written { $0.value(Float.nan) } == "null")
    #expect(written { $0.value(-Double.infinity, decimals: 3) } == "null")
    #expect(written { $0.value(Float(0.1)) } == "0.1")
    #expect(written { $0.value(Float(3)) } == "3")
    #expect(written { $0.value(Float(1e-30)) } == "1e-30")
    #expect(written { $0.value(2.0 / 3, decimals: 4) } == "0.6667")
    #expect(written { $0.value(1e300, decimals: 4) } == "1e+300")
  }

  @Test func `wall time is RFC 3339 in UTC`() {
    #expect(written { $0.timestamp(nanosecondsSinceEpoch: 0) } == "\"1970-01-01T00:00:00.000000Z\"")
    #expect(
      written { $0.timestamp(nanosecondsSinceEpoch: 1_763_633_704_720_311_999) } == "\"2025-11-20T10:15:04.720311Z\"")
    #expect(written { $0.timestamp(nanosecondsSinceEpoch: -1) } == "\"1969-12-31T23:59:59.999999Z\"")
    #expect(
      written { $0.timestamp(nanosecondsSinceEpoch: 951_782_400_000_000_000) } == "\"2000-02-29T00:00:00.000000Z\"")
  }

  @Test func `the buffer is used again`() {
    var writer = JSONWriter()
    for _ in 0..<3 {
      writer.removeAll()
      writer.beginObject()
      writer.key("x")
      writer.value(1)
      writer.endObject()
      #expect(String(decoding: writer.bytes, as: UTF8.self) == "{\"x\":1}")
    }
  }
}
