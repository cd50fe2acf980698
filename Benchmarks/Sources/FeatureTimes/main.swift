// Times features over a clip, one line of standard input after the other, for features.py.
//
//   feature-times CLIP.f32 RATE       mono samples, little-endian 32-bit floats
//   in:  a feature with its settings, or `fft LENGTH COUNT` for bare transforms
//   out: seconds and rows, or `error WHAT`
import BraidFeatures
import CBareTransforms
import Foundation

func samples(of path: String) -> [Float]? {
  guard let data = FileManager.default.contents(atPath: path), data.count % 4 == 0 else { return nil }
  return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

/// Seconds and rows of one pass over the clip, the extractor's making included; rows are looked at, not kept.
func time(_ name: String, _ samples: [Float], _ rate: Int) throws -> (Double, Int) {
  guard let selection = try FeatureSelection.parse(name, onStreams: false).first,
    let format = selection.format(of: SoundFormat(sampleRate: rate)), format.sampleRate == rate
  else { throw FeatureError(.unknownFeature, "not a feature of sound at this rate", location: name) }
  let clock = ContinuousClock()
  var rows = 0
  var sum: Float = 0
  let elapsed = try clock.measure {
    let feature = try selection.soundFeature(format)
    let take: (Span<Float>, Int) -> Void = { values, _ in
      rows += 1
      sum += values[values.count - 1]
    }
    feature.push(samples.span, row: take)
    feature.finish(row: take)
  }
  guard sum.isFinite else { throw FeatureError(.unknownFeature, "rows are not finite", location: name) }
  return (elapsed / .seconds(1), rows)
}

/// One line of output, at once: standard output is a pipe.
func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let arguments = CommandLine.arguments
guard arguments.count == 3, let rate = Int(arguments[2]), let clip = samples(of: arguments[1]) else {
  tell("usage: feature-times CLIP.f32 RATE")
  exit(2)
}
while let line = readLine() {
  let words = line.split(separator: " ")
  if words.count == 3, words[0] == "fft", let length = Int32(words[1]), let count = Int(words[2]) {
    tell("\(braid_bare_transforms(length, count)) \(count)")
    continue
  }
  do {
    let (seconds, rows) = try time(line, clip, rate)
    tell("\(seconds) \(rows)")
  } catch {
    tell("error \(error)")
  }
}
