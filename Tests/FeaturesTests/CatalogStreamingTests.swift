import BraidFeatures
import BraidTestSupport
import Testing

/// What every feature of sound in the catalogue must do, at several rates and channels.
@Suite("Every feature of sound in the catalogue, streaming")
struct CatalogStreamingTests {
  /// A feature to be tested: what it is, and how to make another one.
  struct Subject: CustomTestStringConvertible, Sendable {
    let selection: FeatureSelection
    let format: SoundFormat
    let onStreams: Bool

    var testDescription: String { "\(selection.name) of \(format.channelCount) at \(format.sampleRate) Hz" }

    func make() throws -> any SoundFeature { try selection.soundFeature(format) }

    /// Enough samples for some rows that stand on whole windows.
    func sampleCount(_ feature: any SoundFeature) -> Int { max(12_000, feature.windowSamples + 5 * feature.hopSamples) }
  }

  /// Settings that take other paths than the standard ones.
  private static let settings = [
    "stft,fft=255,hop=100,padding=reflect", "stft,fft=300,length=200,hop=500,padding=edge,output=magnitude",
    "stft,fft=64,hop=1000", "stft,fft=512,hop=128,centred=off", "stft,fft=400,hop=77,padding=symmetric",
    "log-mel:kaldi,snip-edges=off,energy=on,deltas=1", "mfcc:kaldi,snip-edges=off,frame-shift=50,deltas=2",
    "mfcc:kaldi,raw-energy=off,power=off", "log-mel:librosa,top-db=running,padding=reflect,fft=500",
    "mfcc:librosa,deltas=2", "mfcc:librosa,deltas=1,centred=off,fft=400,hop=160,bands=40",
    "log-mel:whisper,maximum=none", "log-mel:whisper,maximum=clip,bands=128",
  ]

  static let subjects: [Subject] = {
    var subjects = settings.compactMap { list -> Subject? in
      guard let selection = try? FeatureSelection.parse(list, onStreams: false).first,
        let format = selection.format(of: SoundFormat(sampleRate: 16_000))
      else { return nil }
      return Subject(selection: selection, format: format, onStreams: false)
    }
    for definition in FeatureCatalog.definitions where definition.source == .sound {
      for onStreams in [true, false] {
        let selection = FeatureSelection(definition, onStreams: onStreams)
        // Rows by the 3000: WhisperTests.
        if definition.name == "log-mel:whisper", !onStreams { continue }
        for stream in [
          SoundFormat(sampleRate: 8000), SoundFormat(sampleRate: 44_100, channelCount: 2),
          SoundFormat(sampleRate: 48_000, channelCount: 6),
        ] {
          guard let format = selection.format(of: stream) else { continue }
          let isKnown = subjects.contains { $0.selection.name == selection.name && $0.format == format }
          if !isKnown { subjects.append(Subject(selection: selection, format: format, onStreams: onStreams)) }
        }
      }
    }
    return subjects
  }()

  /// Harmonics that swell, under noise, with a stretch of silence: something for every feature to see.
  static func sound(_ count: Int, channels: Int, using generator: inout SeededGenerator) -> [Float] {
    let hiss = noise(count * channels, using: &generator)
    return hiss.indices.map { index in
      let sample = index / channels
      if (count / 2..<(count * 5 / 8)).contains(sample) { return 0 }
      let swell = Float(sample % 4000) / 4000
      let wave = Float(sample % 97) / 97 - 0.5
      return 0.6 * swell * wave + 0.2 * hiss[index]
    }
  }

  @Test("the settings are all understood")
  func understood() { #expect(Self.subjects.filter { $0.selection.name.contains(",") }.count >= Self.settings.count) }

  @Test("a stream equals a batch bit for bit, however it is cut, and again after a reset", arguments: subjects)
  func streamEqualsBatch(_ subject: Subject) throws {
    var generator = SeededGenerator.printed()
    let feature = try subject.make()
    let count = subject.sampleCount(feature)
    let samples = Self.sound(count, channels: feature.channelCount, using: &generator)
    let batch = rows(feature, samples)
    #expect(feature.hopSamples == 0 || !batch.isEmpty)
    #expect(batch.allSatisfy { $0.count == feature.dimension })
    #expect(batch.joined().allSatisfy { $0.isFinite })
    #expect(rows(try subject.make(), samples) == batch, "another instance")
    for _ in 0..<3 {
      feature.reset()
      #expect(rows(feature, samples, pieces: randomPieces(count, using: &generator)) == batch)
    }
  }

  @Test("blocks of one sample give the batch's rows", arguments: subjects)
  func singleSamples(_ subject: Subject) throws {
    var generator = SeededGenerator.printed()
    let feature = try subject.make()
    let samples = Self.sound(min(9000, subject.sampleCount(feature)), channels: feature.channelCount, using: &generator)
    let batch = rows(feature, samples)
    feature.reset()
    #expect(rows(feature, samples, pieces: [1]) == batch)
  }

  @Test("rows come when the delay says, in order of their centres", arguments: subjects)
  func delays(_ subject: Subject) throws {
    var generator = SeededGenerator.printed()
    let feature = try subject.make()
    let count = subject.sampleCount(feature)
    let samples = Self.sound(count, channels: feature.channelCount, using: &generator)
    var start = 0
    var centre = Int.min
    var earliest = Int.max
    for piece in randomPieces(count, using: &generator) {
      let end = min(count, start + min(piece, 64))
      let span = samples.span.extracting((start * feature.channelCount)..<(end * feature.channelCount))
      feature.push(span) { _, row in
        let next = feature.centreSample(ofRow: row)
        #expect(next > centre || row == 0)
        centre = next
        guard let delay = feature.delaySamples else {
          Issue.record("a row before the end")
          return
        }
        #expect(start < max(1, next + delay), "row \(row) came after \(start) samples")
        earliest = min(earliest, next + delay - end)
      }
      start = end
    }
    // At least one row waits for all of the delay.
    if centre > Int.min, feature.hopSamples > 0 { #expect(earliest <= 0) }
    if feature.delaySamples == nil { #expect(feature.keepsWholeClip) }
    if subject.onStreams { #expect(!feature.keepsWholeClip) }
  }

  @Test("samples that are not finite count as 0", arguments: subjects)
  func notFinite(_ subject: Subject) throws {
    var generator = SeededGenerator.printed()
    let feature = try subject.make()
    let count = subject.sampleCount(feature)
    var zeros = Self.sound(count, channels: feature.channelCount, using: &generator)
    var dirty = zeros
    let bad: [Float] = [.nan, .infinity, -.infinity, .signalingNaN]
    var replaced = 0
    for _ in 0..<40 {
      let index = zeros.indices.randomElement(using: &generator) ?? 0
      if dirty[index].isFinite { replaced += 1 }
      zeros[index] = 0
      dirty[index] = bad.randomElement(using: &generator) ?? .nan
    }
    // The first and last sample stand at the edges that some features continue.
    for edge in [0, zeros.count - 1] {
      if dirty[edge].isFinite { replaced += 1 }
      zeros[edge] = 0
      dirty[edge] = .nan
    }
    let expected = rows(try subject.make(), zeros)
    #expect(rows(feature, dirty) == expected)
    #expect(feature.replacedSamples == replaced)
  }

  @Test("silence, the loudest samples, the softest, a click and a few samples give finite rows", arguments: subjects)
  func extremes(_ subject: Subject) throws {
    let feature = try subject.make()
    let count = subject.sampleCount(feature) * feature.channelCount
    var click = [Float](repeating: 0, count: count)
    click[count / 2] = 1
    let loud = (0..<count).map { $0 / 3 % 2 == 0 ? Float.greatestFiniteMagnitude : -.greatestFiniteMagnitude }
    let soft = (0..<count).map { $0 / 3 % 2 == 0 ? Float.leastNonzeroMagnitude : -1e-30 }
    let silence = [Float](repeating: 0, count: count)
    let constant = [Float](repeating: 1, count: count)
    for samples in [silence, loud, soft, click, constant] {
      let rows = rows(feature, samples)
      #expect(rows.joined().allSatisfy { $0.isFinite })
      feature.reset()
    }
    #expect(feature.replacedSamples == count, "the loud ones")
    for few in 0..<4 {
      let rows = rows(feature, Array(repeating: 0.5, count: few * feature.channelCount))
      #expect(rows.joined().allSatisfy { $0.isFinite })
      feature.reset()
    }
  }
}
