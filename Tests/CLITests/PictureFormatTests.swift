import BraidTestSupport
import Foundation
import Testing

/// Features of pictures of every kind of format that decoders give.
@Suite("Features of pictures, by format", .timeLimit(.minutes(3)))
struct PictureFormatTests {
  private static let list =
    "luma,luma-contrast,luma-histogram,colour-histogram,colourfulness,sharpness,motion,flow,scene-cut,"
    + "black,frozen,phash"

  /// The rows of each feature in a run over pictures of one colour.
  private func rows(_ format: String, _ size: String, colour: String, filter: String = "null") throws -> [String:
    [[Double]]]
  {
    let folder = try Scratch()
    let path = folder.path("clip.nut")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "color=c=\(colour):s=\(size):r=10:d=0.3", "-vf", filter, "-pix_fmt", format, "-c:v",
      "rawvideo",
      "-strict", "-2", path)
    let records = try Program.records([path, "--features", Self.list, "--deterministic"])
    #expect(records.of("error").isEmpty, "\(format): \(records.of("error"))")
    var rows: [String: [[Double]]] = [:]
    for record in records.of("features") {
      for row in record["values"].array {
        rows[record["name"].string ?? "", default: []].append(row.array.compactMap(\.number))
      }
    }
    return rows
  }

  @Test(
    "one colour is the same colour in every format",
    arguments: [
      "yuv420p", "yuv422p", "yuv444p", "yuv410p", "yuva420p", "nv12", "yuv420p10le", "yuv444p12le", "rgb24",
      "bgra", "rgba", "rgb565le", "rgb48le", "gbrp", "gbrp10le", "pal8", "yuyv422", "ya8", "gray", "gray10le",
      "gray16le",
    ])
  func formats(format: String) throws {
    let isGray = format.hasPrefix("gray") || format == "ya8"
    // FFmpeg itself turns the colour into a pattern of near ones where the format has few; more than 8 bits are dithered.
    let isCoarse = ["rgb565le", "pal8"].contains(format)
    let isDeep = ["10le", "12le", "16le", "48le"].contains { format.hasSuffix($0) }
    let rows = try rows(format, "67x41", colour: "0xC86432")
    let luma = try #require(rows["luma"]?.first?.first)
    // 0.299 * 200 + 0.587 * 100 + 0.114 * 50, of 255.
    #expect(abs(luma - 124.2 / 255) < (isCoarse ? 0.012 : 0.006), "\(luma)")
    let colourfulness = try #require(rows["colourfulness"]?.first?.first)
    // rg = 100 and yb = 100 everywhere: 0.3 sqrt(2) 100.
    if !isCoarse { #expect(abs(colourfulness - (isGray ? 0 : 42.4)) < (isGray ? 0.5 : 2), "\(colourfulness)") }
    for row in rows["luma-contrast"] ?? [] where !isCoarse { #expect(row[0] <= (isDeep ? 0.002 : 0)) }
    for row in rows["sharpness"] ?? [] where !isCoarse { #expect(row[0] <= (isDeep ? 20 : 0)) }
    #expect(rows["luma"]?.count == 3 && rows["motion"]?.count == 2 && rows["flow"]?.count == 2)
    #expect(rows["flow"]?.allSatisfy { $0 == [0, 0, 0] } == true)
    #expect(rows["black"]?.allSatisfy { $0 == [0, 0] } == true)
    if !isCoarse { #expect(rows["colour-histogram"]?.allSatisfy { $0.max() == 1 } == true) }
  }

  @Test("from one pixel to 8K, black is black", arguments: ["1x1", "2x3", "319x181", "7680x4320"])
  func sizes(size: String) throws {
    // FFmpeg makes no source of one pixel.
    let rows =
      size == "1x1"
      ? try rows("gray", "2x2", colour: "black", filter: "format=gray,crop=1:1:0:0:exact=1")
      : try rows("yuv420p", size, colour: "black")
    #expect(rows["luma"]?.map { $0[0] } == [0, 0, 0])
    #expect(rows["black"] == [[1, 1], [1, 1], [1, 1]])
    #expect(rows["colourfulness"]?.map { $0[0] } == [0, 0, 0])
    #expect(rows["frozen"] == [[0, 0], [0, 0]])
  }
}
