// Times features over a clip, one line of standard input after the other, for features.py.
//
//   braid-feature-times CLIP.f32 RATE      mono samples, little-endian 32-bit floats
//   in:  a feature with its settings; `fft LENGTH COUNT` for bare transforms; `blocks COUNT FEATURE` for a stream that comes
//        by 10 ms
//   out: seconds and rows, or `error WHAT`
import BraidFeatures
import CBareTransforms
import Foundation

func samples(of path: String) -> [Float]? {
  guard let data = FileManager.default.contents(atPath: path), data.count % 4 == 0 else { return nil }
  return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

func feature(_ name: String, _ rate: Int, onStreams: Bool) throws -> any SoundFeature {
  guard let selection = try FeatureSelection.parse(name, onStreams: onStreams).first,
    let format = selection.format(of: SoundFormat(sampleRate: rate)), format.sampleRate == rate
  else { throw FeatureError(.unknownFeature, "not a feature of sound at this rate", location: name) }
  return try selection.soundFeature(format)
}

/// Counts rows and looks at them.
final class RowCounter {
  var rows = 0
  var sum: Float = 0

  func take(_ values: Span<Float>) {
    rows += 1
    sum += values[values.count - 1]
  }

  func answer(_ elapsed: Duration, _ name: String) throws -> String {
    guard sum.isFinite else { throw FeatureError(.unknownFeature, "rows are not finite", location: name) }
    return "\(elapsed / .seconds(1)) \(rows)"
  }
}

/// Seconds and rows of one pass over the clip, the extractor's making included; rows are looked at, not kept.
func wholeClip(_ name: String, _ samples: [Float], _ rate: Int) throws -> String {
  let counter = RowCounter()
  let elapsed = try ContinuousClock().measure {
    let feature = try feature(name, rate, onStreams: false)
    feature.push(samples.span) { values, _ in counter.take(values) }
    feature.finish { values, _ in counter.take(values) }
  }
  return try counter.answer(elapsed, name)
}

/// The same of a stream of `count` blocks of 10 ms, the clip over and over.
func blocks(_ count: Int, _ name: String, _ samples: [Float], _ rate: Int) throws -> String {
  let counter = RowCounter()
  let length = rate / 100
  let starts = max(1, samples.count / length - 1)
  let elapsed = try ContinuousClock().measure {
    let feature = try feature(name, rate, onStreams: true)
    for block in 0..<count {
      let start = block % starts * length
      feature.push(samples.span.extracting(start..<(start + length))) { values, _ in counter.take(values) }
    }
  }
  return try counter.answer(elapsed, name)
}

/// One line of output, at once: standard output is a pipe.
func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let arguments = CommandLine.arguments
guard arguments.count == 3, let rate = Int(arguments[2]), let clip = samples(of: arguments[1]) else {
  tell("usage: braid-feature-times CLIP.f32 RATE")
  exit(2)
}
while let line = readLine() {
  let words = line.split(separator: " ")
  if words.count == 3, words[0] == "fft", let length = Int32(words[1]), let count = Int(words[2]) {
    tell("\(braid_bare_transforms(length, count)) \(count)")
    continue
  }
  do {
    if words.count == 3, words[0] == "blocks", let count = Int(words[1]) {
      tell(try blocks(count, String(words[2]), clip, rate))
    } else {
      tell(try wholeClip(line, clip, rate))
    }
  } catch {
    tell("error \(error)")
  }
}
