import BraidFeatures
import Testing

/// The presets against what the tools gave for the same signal; see tools/make_mel_goldens.py and make_feature_goldens.py.
/// Three of them, YAMNet's features, MLPerf Tiny's and Kaldi's deltas, are not from the tool but from its description, in NumPy.
@Suite("Presets against the tools that they are named after")
struct PresetGoldenTests {
  /// A feature as it is asked for, its golden, and how far it may be off: any value, and 99.9 % of them. Energies (`mel:`)
  /// are compared relative to their size, where that is above 1.
  struct Case: CustomTestStringConvertible {
    let feature: String
    let golden: String
    let largest: Float
    let nearlyAll: Float
    var rate = 16_000

    init(_ feature: String, _ golden: String, _ largest: Float, _ nearlyAll: Float, rate: Int = 16_000) {
      (self.feature, self.golden, self.largest, self.nearlyAll, self.rate) = (feature, golden, largest, nearlyAll, rate)
    }

    var testDescription: String { "\(feature): \(golden)" }
  }

  static let kaldi = [
    Case("log-mel:kaldi", "kaldi-log-mel-80", 2e-3, 4e-4),
    Case("log-mel:kaldi,bands=40,snip-edges=off", "kaldi-snip-off", 2e-3, 4e-4),
    Case(
      "log-mel:kaldi,bands=40,energy=on,window=hamming,pre-emphasis=0.9,low=100,high=7000", "kaldi-energy", 2e-3, 4e-4),
    Case(
      "log-mel:kaldi,bands=40,energy=on,raw-energy=off,energy-floor=0.01,window=blackman,remove-dc=off",
      "kaldi-energy-late", 2e-3, 4e-4),
    Case(
      "log-mel:kaldi,bands=40,power=off,window=hanning,pre-emphasis=0,frame-length=32,frame-shift=12.5",
      "kaldi-magnitude", 2e-3, 4e-4),
    Case("mfcc:kaldi", "kaldi-mfcc-13", 2e-3, 1e-3),
    Case("mfcc:kaldi,energy=off", "kaldi-mfcc-13-c0", 2e-3, 1e-3),
    Case(
      "mfcc:kaldi,snip-edges=off,raw-energy=off,window=rectangular,bands=40,coefficients=20,lifter=0",
      "kaldi-mfcc-snip-off", 2e-3, 1e-3),
    Case("mfcc:kaldi,deltas=2", "kaldi-deltas", 2e-3, 1e-3),
  ]

  static let librosa = [
    Case("mel:librosa", "librosa-mel", 5e-6, 2e-6),
    Case(
      "mel:librosa,fft=512,hop=256,bands=40,low=50,high=9000,scale=htk,norm=none,window=hamming,padding=reflect",
      "librosa-mel-htk", 5e-6, 2e-6, rate: 22_050),
    Case("log-mel:librosa", "librosa-log-mel", 3e-4, 1e-4),
    Case("mfcc:librosa", "librosa-mfcc", 5e-4, 5e-4),
    Case("mfcc:librosa,lifter=22,coefficients=13", "librosa-mfcc-lifter", 2e-3, 1e-3),
    Case("mfcc:librosa,top-db=none", "librosa-mfcc-top-db-none", 5e-4, 5e-4),
    Case("mfcc:librosa,deltas=2", "librosa-mfcc-deltas", 5e-4, 5e-4),
  ]

  static let others = [
    Case("mel:torchaudio", "torchaudio-mel", 5e-4, 2e-4),
    Case("log-mel:torchaudio", "torchaudio-log-mel", 2e-3, 1e-3),
    Case("mfcc:torchaudio", "torchaudio-mfcc", 2e-3, 1e-3),
    Case("log-mel:whisper,maximum=clip", "whisper-clip", 2e-5, 1e-5),
    Case("log-mel:speech-embedding", "speech-embedding", 5e-5, 2e-5),
    Case("log-mel:yamnet", "yamnet", 5e-5, 2e-5),
    // Whole numbers of 10 / 256: where rounding differs, it does so by few of them, but for bands with next to no energy.
    Case("log-mel:micro,hop=10,pcan=on", "micro", 6, 0.3),
    Case("mfcc:speech-commands,hop=20", "speech-commands", 1e-4, 5e-5),
  ]

  @Test("the preset is the reference within its tolerance", arguments: kaldi + librosa + others)
  func preset(_ test: Case) throws {
    let selection = try #require(try FeatureSelection.parse(test.feature, onStreams: false).first)
    let feature = try selection.soundFeature(SoundFormat(sampleRate: test.rate))
    let values = rows(feature, try Golden.floats("signal")).flatMap { $0 }
    let golden = try Golden.floats(test.golden)
    try #require(values.count == golden.count, "\(values.count) values, the reference has \(golden.count)")
    let isEnergy = test.feature.hasPrefix("mel:")
    let distances = zip(values, golden).map { abs($0 - $1) / (isEnergy ? max(1, abs($1)) : 1) }.sorted()
    let largest = distances[distances.count - 1]
    let high = distances[distances.count * 999 / 1000]
    print(
      "\(test.feature): largest distance \(largest), 99.9 % within \(high), values to \(golden.map { abs($0) }.max() ?? 0)"
    )
    #expect(largest <= test.largest)
    #expect(high <= test.nearlyAll)
  }
}
