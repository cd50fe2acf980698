extension MelSettings {
  /// kaldi-native-fbank's log-mel energies (`fbank`) at any rate, without dither.
  ///
  /// 25 ms every 10 ms cut to whole samples, windows that fit whole, the mean removed, pre-emphasis 0.97, Povey window, zeros up
  /// to a power of two, squared magnitudes, triangles in mel from 20 Hz to Nyquist, natural logarithm floored at `ln(2^-23)`.
  /// A front end that feeds 16-bit integers has values `2 ln 32768` above these.
  public static func kaldi(sampleRate: Int = 16_000, bands: Int = 80) -> MelSettings {
    let window = max(1, sampleRate * 25 / 1000)
    var settings = MelSettings(
      windowSamples: window, hopSamples: max(1, sampleRate * 10 / 1000),
      fftLength: max(2, SettingRange.powerOfTwo(holding: window)), window: .povey, frames: .window, bands: bands,
      scale: .kaldi, level: .natural(floor: Double(Float.ulpOfOne)))
    settings.conditioning = .kaldi(removesMean: true, preemphasis: 0.97)
    settings.low = 20
    return settings
  }

  /// kaldi-native-fbank's MFCC: 13 coefficients of 23 bands, lifter 22; the first is the frame's log energy.
  public static func kaldiMFCC(
    sampleRate: Int = 16_000, coefficients: Int = 13, bands: Int = 23, usesEnergy: Bool = true
  ) -> MelSettings {
    var settings = kaldi(sampleRate: sampleRate, bands: bands)
    settings.cepstrum = Cepstrum(count: coefficients, lifter: 22)
    settings.energy = usesEnergy ? Energy() : nil
    return settings
  }

  /// `librosa.feature.melspectrogram` of librosa 0.11: periodic Hann windows of 2048 samples every 512, zeros around the
  /// clip, squared magnitudes, Slaney's scale and norm, 0 Hz to Nyquist.
  public static func librosa(bands: Int = 128) -> MelSettings {
    var settings = MelSettings(
      windowSamples: 2048, hopSamples: 512, fftLength: 2048, window: .hann, frames: .centred(.zeros), bands: bands,
      scale: .slaney)
    settings.hasEqualAreas = true
    return settings
  }

  /// `librosa.power_to_db` of ``librosa(bands:)``: floored at -100 dB, and held to 80 dB
  /// below the clip's largest.
  public static func librosaLogMel(bands: Int = 128, range: Range = .clip(80)) -> MelSettings {
    var settings = librosa(bands: bands)
    settings.level = .decibels(floor: 1e-10)
    settings.range = range
    return settings
  }

  /// `librosa.feature.mfcc` of librosa 0.11: 20 coefficients of 128 bands in dB, held to 80 dB below the clip's largest.
  public static func librosaMFCC(
    coefficients: Int = 20, bands: Int = 128, range: Range = .clip(80), lifter: Double = 0
  ) -> MelSettings {
    var settings = librosaLogMel(bands: bands, range: range)
    settings.cepstrum = Cepstrum(count: coefficients, lifter: lifter, lifterOffset: 1)
    return settings
  }

  /// `torchaudio.transforms.MelSpectrogram` with its defaults: periodic Hann windows of 400 samples every 200, the clip
  /// mirrored at its ends, squared magnitudes, HTK's scale without norm, 0 Hz to Nyquist.
  public static func torchaudio(bands: Int = 128) -> MelSettings {
    MelSettings(
      windowSamples: 400, hopSamples: 200, fftLength: 400, window: .hann, frames: .centred(.reflect), bands: bands,
      scale: .htk)
  }

  /// `torchaudio.transforms.AmplitudeToDB` (of power) of ``torchaudio(bands:)``: floored at -100 dB.
  public static func torchaudioLogMel(bands: Int = 128, range: Range = .unlimited) -> MelSettings {
    var settings = torchaudio(bands: bands)
    settings.level = .decibels(floor: 1e-10)
    settings.range = range
    return settings
  }

  /// `torchaudio.transforms.MFCC` with its defaults: 40 coefficients of 128 bands in dB, held to 80 dB below the clip's
  /// largest.
  public static func torchaudioMFCC(
    coefficients: Int = 40, bands: Int = 128, range: Range = .clip(80)
  ) -> MelSettings {
    var settings = torchaudioLogMel(bands: bands, range: range)
    settings.cepstrum = Cepstrum(count: coefficients)
    return settings
  }

  /// Whisper's log-mel spectrogram at 16 kHz (80 bands, 128 for large-v3), of `WhisperFeatureExtractor` and openai-whisper:
  /// windows of 400 samples every 160, the clip mirrored at its ends, its last row left out, Slaney's scale and norm, the
  /// common logarithm held to 8 below the largest, then `(x + 4) / 4`. See ``WhisperWindows`` for windows of 30 s.
  public static func whisper(bands: Int = 80, range: Range = .clip(8)) -> MelSettings {
    var settings = MelSettings(
      windowSamples: 400, hopSamples: 160, fftLength: 400, window: .hann, frames: .centred(.reflect, dropsLast: true),
      bands: bands, scale: .slaney, level: .common(floor: 1e-10))
    settings.high = 8000
    settings.hasEqualAreas = true
    settings.range = range
    settings.levelOffset = 4
    settings.levelScale = 0.25
    return settings
  }

  /// YAMNet's log-mel features at 16 kHz: periodic Hann windows of 25 ms every 10 ms, a transform of 512, magnitudes, 64
  /// bands from 125 to 7500 Hz, `ln(x + 0.001)`. Tested against its description written down in NumPy, not against YAMNet.
  public static func yamnet() -> MelSettings {
    var settings = MelSettings(
      windowSamples: 400, hopSamples: 160, fftLength: 512, window: .hann, frames: .window, bands: 64, scale: .kaldi,
      level: .natural(floor: 0, offset: 0.001))
    settings.usesMagnitudes = true
    settings.low = 125
    settings.high = 7500
    return settings
  }

  /// MFCC of the reference code of MLPerf Tiny's keyword spotting at 16 kHz: periodic Hann windows of 30 ms every 20 ms in transforms
  /// of 512, magnitudes, 40 bands from 20 to 4000 Hz, `ln(x + 1e-6)`, the first 10 coefficients of TensorFlow's transform.
  public static func speechCommands() -> MelSettings {
    var settings = MelSettings(
      windowSamples: 480, hopSamples: 320, fftLength: 512, window: .hann, frames: .window, bands: 40, scale: .kaldi,
      level: .natural(floor: 0, offset: 1e-6))
    settings.usesMagnitudes = true
    settings.low = 20
    settings.high = 4000
    var cepstrum = Cepstrum(count: 10)
    cepstrum.isOrthonormal = false
    settings.cepstrum = cepstrum
    return settings
  }

  /// What Google's `speech_embedding` and openWakeWord's models take at 16 kHz, as openWakeWord computes it: periodic Hann
  /// windows of 25 ms in transforms of 512 every 10 ms, 32 bands from 60 to 3800 Hz on Slaney's scale with his norm, dB of
  /// 16-bit samples, then `x / 10 + 2`. openWakeWord holds dB to 80 below the largest of each piece that it is given.
  public static func speechEmbedding(range: Range = .unlimited) -> MelSettings {
    var settings = MelSettings(
      windowSamples: 400, hopSamples: 160, fftLength: 512, window: .hann, frames: .transform, bands: 32, scale: .slaney,
      level: .decibels(floor: 1e-10))
    settings.gain = 32_768
    settings.low = 60
    settings.high = 3800
    settings.hasEqualAreas = true
    settings.range = range
    settings.levelOffset = 20
    settings.levelScale = 0.1
    return settings
  }
}
