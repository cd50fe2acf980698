internal import BraidCore

/// The settings of sinks by name: which kinds have them, how they are read and written.
extension SinkSetting {
  /// One setting.
  struct Field: Sendable {
    let name: String
    let kinds: [Kind]
    var isRepeatable = false
    /// Takes a value; returns what would be right where it is not.
    let set: @Sendable (inout SinkSetting, String) -> String?
    /// The values that would set it as it is.
    let get: @Sendable (SinkSetting) -> [String]
  }

  private static let lines = Kind.allCases.filter(\.takesLines)
  private static let events = Kind.allCases.filter(\.takesEvents)

  /// All of them.
  static let fields: [Field] = [
    Field(
      name: "types", kinds: lines,
      set: { sink, text in
        let types = text.split(separator: ",", omittingEmptySubsequences: false).map {
          RecordType(rawValue: String($0))
        }
        sink.types = Set(types.compactMap(\.self))
        guard types.contains(where: { $0 == nil }) else { return nil }
        return "types of records: " + RecordType.allCases.map(\.rawValue).joined(separator: ", ")
      },
      get: { sink in
        let types = RecordType.allCases.filter(sink.types.contains).map(\.rawValue)
        return types.isEmpty ? [] : [types.joined(separator: ",")]
      }),
    list("models", Kind.allCases, \.models, "models by name, with commas between"),
    list("names", events, \.names, "events by name, with commas between: speech"),
    choice("drop", Kind.allCases, \.drop),
    Field(
      name: "queue", kinds: Kind.allCases,
      set: { sink, text in
        let bytes = ByteCount(text: text).flatMap { (64000...4_000_000_000).contains($0.bytes) ? $0.bytes : nil }
        if let bytes { sink.queueBytes = bytes }
        return bytes == nil ? "a size from 64kB to 4GB, such as 8MB" : nil
      }, get: { ["\(ByteCount(bytes: $0.queueBytes))"] }),
    flag("required", Kind.allCases, \.isRequired),
    Field(
      name: "rotate", kinds: [.jsonl], isRepeatable: true,
      set: { sink, text in
        // `1m` is a minute.
        if text.lowercased().hasSuffix("b"), let size = ByteCount(text: text), size.bytes >= 1000,
          sink.rotateBytes == nil
        {
          sink.rotateBytes = size.bytes
        } else if let time = MediaDuration(text: text), text.contains(where: \.isLetter), time >= .seconds(1),
          time <= .seconds(366 * 86400), sink.rotateEvery == nil
        {
          sink.rotateEvery = time
        } else {
          return "a size of 1kB or more or a duration of 1s or more, each once, such as 100MB or 1h"
        }
        return nil
      },
      get: { sink in
        // Bytes have no unit of their own here: 4097 would be a duration.
        let size = sink.rotateBytes.map { bytes in
          let text = "\(ByteCount(bytes: bytes))"
          return text.hasSuffix("B") ? text : text + "B"
        }
        return [size, sink.rotateEvery.map(\.shortText)].compactMap(\.self)
      }),
    Field(
      name: "keep", kinds: [.jsonl],
      set: { sink, text in
        sink.keep = number(text, 1...100_000)
        return sink.keep == nil ? "1 to 100000 files" : nil
      }, get: { $0.keep.map { ["\($0)"] } ?? [] }),
    Field(
      name: "batch", kinds: [.http],
      set: { sink, text in
        guard let batch = number(text, 1...10000) else { return "1 to 10000 records" }
        sink.batch = batch
        return nil
      }, get: { ["\($0.batch)"] }),
    duration("every", [.http], \.every, .milliseconds(1), .seconds(3600)),
    duration("retry", [.http, .unix], \.retry, .zero, .seconds(86400)),
    duration("timeout", [.http], \.timeout, .milliseconds(100), .seconds(3600)),
    Field(
      name: "header", kinds: [.http], isRepeatable: true,
      set: { sink, text in
        guard let header = header(text) else {
          return "NAME: VALUE, of another name than those that Braid sets: " + ownHeaders.joined(separator: ", ")
        }
        sink.headers.append(header)
        return nil
      }, get: { $0.headers }),
    flag("listen", [.unix], \.listens),
    Field(
      name: "stream", kinds: [.video, .wav],
      set: { sink, text in
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let kinds = sink.kind == .video ? ["video"] : ["audio", "video", "text", "sensor"]
        guard parts.count == 2, kinds.contains(String(parts[0])), number(String(parts[1]), 0...9999) != nil else {
          return "a stream, such as video:0"
        }
        sink.stream = text
        return nil
      }, get: { $0.stream.map { [$0] } ?? [] }),
    choice("codec", [.video], \.codec),
    Field(
      name: "size", kinds: [.video],
      set: { sink, text in
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { number(String($0), 16...8192) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], width % 2 == 0, height % 2 == 0 else {
          return "even sides of 16 to 8192 pixels, such as 640x360"
        }
        sink.size = PictureSize(width: width, height: height)
        return nil
      }, get: { $0.size.map { ["\($0.width)x\($0.height)"] } ?? [] }),
    Field(
      name: "bitrate", kinds: [.video],
      set: { sink, text in
        let scale = text.hasSuffix("k") ? 1000 : text.hasSuffix("M") ? 1_000_000 : 1
        let rate = Double(scale == 1 ? text[...] : text.dropLast()).map { $0 * Double(scale) }
        guard let rate, rate >= 10000, rate <= 1e9 else { return "10k to 1000M bits a second, such as 2M" }
        sink.bitrate = Int(rate)
        return nil
      }, get: { $0.bitrate.map { ["\($0)"] } ?? [] }),
    flag("sound", [.video], \.hasSound),
    Field(
      name: "format", kinds: [.wav],
      set: { sink, text in
        guard let format = SampleFormat(rawValue: text) else { return "s16 or f32" }
        sink.sampleFormat = format
        return nil
      }, get: { [$0.sampleFormat.rawValue] }),
  ]

  /// Headers that Braid sets itself, or that the way of sending decides.
  private static let ownHeaders = ["Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Idempotency-Key"]

  /// `NAME: VALUE`, checked (RFC 9110, 5.1 and 5.5).
  private static func header(_ text: String) -> String? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let name = text[..<colon]
    let value = text[colon...].dropFirst().drop { $0 == " " }
    let marks = "!#$%&'*+-.^_`|~"
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || marks.contains($0)) }),
      !ownHeaders.contains(where: { $0.lowercased() == name.lowercased() }),
      value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
    else { return nil }
    return "\(name): \(value)"
  }

  private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text), range.contains(number) else {
      return nil
    }
    return number
  }

  private static func list(
    _ name: String, _ kinds: [Kind], _ path: any WritableKeyPath<SinkSetting, [String]> & Sendable, _ expected: String
  ) -> Field {
    Field(
      name: name, kinds: kinds,
      set: { sink, text in
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        sink[keyPath: path] = items
        return items.contains("") ? expected : nil
      }, get: { $0[keyPath: path].isEmpty ? [] : [$0[keyPath: path].joined(separator: ",")] })
  }

  private static func flag(
    _ name: String, _ kinds: [Kind], _ path: any WritableKeyPath<SinkSetting, Bool> & Sendable
  ) -> Field {
    Field(
      name: name, kinds: kinds,
      set: { sink, text in
        // YAML's writers print true and false.
        let values = ["yes": true, "true": true, "no": false, "false": false]
        if let value = values[text] { sink[keyPath: path] = value }
        return values[text] == nil ? "yes or no" : nil
      }, get: { [$0[keyPath: path] ? "yes" : "no"] })
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ kinds: [Kind], _ path: any WritableKeyPath<SinkSetting, Value?> & Sendable
  ) -> Field {
    Field(
      name: name, kinds: kinds,
      set: { sink, text in
        sink[keyPath: path] = Value(rawValue: text)
        return sink[keyPath: path] == nil ? Value.allCases.map(\.rawValue).joined(separator: ", ") : nil
      }, get: { $0[keyPath: path].map { [$0.rawValue] } ?? [] })
  }

  private static func duration(
    _ name: String, _ kinds: [Kind], _ path: any WritableKeyPath<SinkSetting, MediaDuration> & Sendable,
    _ least: MediaDuration, _ most: MediaDuration
  ) -> Field {
    Field(
      name: name, kinds: kinds,
      set: { sink, text in
        guard let value = MediaDuration(text: text), value >= least, value <= most else {
          return "a duration from \(least.shortText) to \(most.shortText), such as 500ms"
        }
        sink[keyPath: path] = value
        return nil
      }, get: { [$0[keyPath: path].shortText] })
  }
}

extension MediaDuration {
  /// As people write it, such that it can be read again.
  var shortText: String {
    for (unit, length) in [("h", 3_600_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)]
    where nanoseconds % Int64(length) == 0 && nanoseconds != 0 {
      return "\(nanoseconds / Int64(length))\(unit)"
    }
    return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
  }
}
