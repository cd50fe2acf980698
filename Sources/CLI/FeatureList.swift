import BraidCore
import BraidFeatures

/// What features there are: for `braid features --list`.
enum FeatureList {
  /// What an extractor knows of itself, at its own rate or 48 kHz.
  private struct Facts {
    var dimension = 0
    var timing: (rate: Int, window: Int, hop: Int, delay: Int?)?
  }

  /// Where streams have no rate of their own to go by.
  private static let usualRate = 48_000

  /// Writes the list to standard output.
  static func write(asJSON: Bool) {
    let output = LineOutput()
    if asJSON {
      output.write(json())
    } else {
      output.write(Array(text().utf8))
    }
    output.flush()
  }

  private static func facts(_ definition: FeatureDefinition) -> Facts {
    let selection = FeatureSelection(definition, onStreams: true)
    if let format = selection.format(of: SoundFormat(sampleRate: usualRate)),
      let feature = try? selection.soundFeature(format)
    {
      return Facts(
        dimension: feature.dimension,
        timing: (feature.sampleRate, feature.windowSamples, feature.hopSamples, feature.delaySamples))
    }
    if let feature = try? selection.soundAndPictureFeature() { return Facts(dimension: feature.dimension) }
    return Facts(dimension: (try? selection.pictureFeature())?.dimension ?? 0)
  }

  private static func text() -> String {
    var lines: [String] = []
    for definition in FeatureCatalog.definitions {
      let facts = facts(definition)
      let names = ([definition.name] + definition.aliases).joined(separator: ", ")
      lines.append("\(names)")
      lines.append("    \(definition.summary)")
      var shape = "[rows, \(facts.dimension)] in \(definition.unit), from \(definition.source.rawValue)"
      if let timing = facts.timing {
        let rate = definition.rate == .stream ? "" : " at \(Double(timing.rate) / 1000) kHz"
        shape += rate + ", window \(milliseconds(timing.window, timing.rate))"
        shape += timing.hop > 0 ? ", hop \(milliseconds(timing.hop, timing.rate))" : ", rows at times of their own"
        shape += timing.delay.map { ", delay \(milliseconds($0, timing.rate))" } ?? ", rows at the end"
      }
      lines.append("    \(shape)")
      if !definition.columns.isEmpty { lines.append("    values: \(definition.columns.joined(separator: ", "))") }
      for parameter in definition.parameters {
        let streams = parameter.onStreams.map { ", on streams \($0)" } ?? ""
        lines.append(
          "    \(parameter.name)=\(parameter.standard)\(streams): \(parameter.summary) (\(parameter.rangeDescription))")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private static func milliseconds(_ samples: Int, _ rate: Int) -> String {
    let hundredths = (Double(samples) * 100_000 / Double(rate)).rounded()
    let text = "\(hundredths / 100)"
    return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) ms"
  }

  private static func json() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginArray()
    for definition in FeatureCatalog.definitions { write(definition, to: &writer) }
    writer.endArray()
    writer.endLine()
    return writer.bytes
  }

  private static func write(_ definition: FeatureDefinition, to writer: inout JSONWriter) {
    let facts = facts(definition)
    writer.beginObject()
    for (key, text) in [
      ("name", definition.name), ("summary", definition.summary), ("unit", definition.unit),
      ("source", definition.source.rawValue),
    ] {
      writer.key(key)
      writer.value(text)
    }
    for (key, texts) in [("aliases", definition.aliases), ("columns", definition.columns)] {
      writer.key(key)
      writer.beginArray()
      for text in texts { writer.value(text) }
      writer.endArray()
    }
    writer.key("dimension")
    writer.value(facts.dimension)
    if let timing = facts.timing {
      for (key, number) in [
        ("sample_rate", timing.rate), ("window", timing.window), ("hop", timing.hop),
      ] {
        writer.key(key)
        writer.value(number)
      }
      writer.key("delay")
      if let delay = timing.delay { writer.value(delay) } else { writer.null() }
    }
    writer.key("parameters")
    writer.beginArray()
    for parameter in definition.parameters {
      writer.beginObject()
      for (key, text) in [
        ("name", parameter.name), ("standard", "\(parameter.standard)"), ("range", parameter.rangeDescription),
        ("summary", parameter.summary),
      ] {
        writer.key(key)
        writer.value(text)
      }
      if let value = parameter.onStreams {
        writer.key("on_streams")
        writer.value("\(value)")
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}
