internal import CKernels
import Glibc

/// Mel energies, their levels, or cepstral coefficients of a stream of samples, as ``MelSettings`` say.
///
/// Rows are `[bands]`, with ``MelSettings/energy`` `[1 + bands]`; with ``MelSettings/cepstrum`` `[coefficients]`, the first
/// replaced by the energy. Silence has the level of the settings' floor. With ``MelSettings/Range/clip(_:)`` all rows are kept
/// and come from ``finish(row:)``.
@safe
public final class MelFeature: SoundFeature {
  /// How rows are computed.
  public let settings: MelSettings
  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Samples that a row is made of.
  public var windowSamples: Int { frames.window.framing.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { frames.window.framing.hop }
  /// The rest of the window after its middle, and for the first row what is mirrored; nil where rows wait for the end.
  public var delaySamples: Int? { keepsWholeClip ? nil : frames.window.framing.delay }
  /// Whether levels are held to the whole clip's largest.
  public let keepsWholeClip: Bool
  /// Values in a row.
  public let dimension: Int
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { frames.window.replaced }

  private let frames: MelFrames
  private let levels: MelLevels
  /// `[coefficients, bands]`, the lifter included; empty without.
  private let cosines: AlignedFloats
  /// `[values, 16]` and `[16, values]`: a batch of rows on its way out.
  private let columns: AlignedFloats
  private let rows: AlignedFloats
  /// Levels of the whole clip so far, `[rows, bands]`, and the rows' sums of squares; empty where rows need not wait.
  private let keptLevels: KeptRows
  private let keptSquares = KeptRows(width: 1)

  /// A feature at `sampleRate` hertz.
  ///
  /// - Throws: ``FeatureError`` if a setting is out of range: more coefficients than bands, a window longer than the
  ///   transform, bands beyond half the sample rate.
  public init(_ settings: MelSettings, sampleRate: Int) throws(FeatureError) {
    frames = try MelFrames(settings, sampleRate: sampleRate)
    levels = MelLevels(settings)
    keptLevels = KeptRows(width: settings.bands)
    self.settings = settings
    self.sampleRate = sampleRate
    keepsWholeClip = if case .clip = settings.range { true } else { false }
    let values = settings.cepstrum?.count ?? settings.bands
    let isEnergyApart = settings.energy != nil && settings.cepstrum == nil
    dimension = values + (isEnergyApart ? 1 : 0)
    cosines = AlignedFloats(settings.cepstrum.map { Self.cosines($0, bands: settings.bands) } ?? [])
    columns = AlignedFloats(count: dimension * MelFrames.lanes)
    rows = AlignedFloats(count: max(dimension, settings.bands) * MelFrames.lanes)
  }

  /// The sample in the middle of a row's window.
  public func centreSample(ofRow row: Int) -> Int { frames.window.framing.centre(ofRow: row) }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    frames.push(samples) { count, first in take(count, first, row) }
  }

  /// Hands out the rows that reach past the end, or all.
  public func finish(row: (Span<Float>, Int) -> Void) {
    frames.finish { count, first in take(count, first, row) }
    if keepsWholeClip { releaseClip(row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    frames.reset()
    levels.reset()
    keptLevels.removeAll()
    keptSquares.removeAll()
  }

  private func take(_ count: Int, _ first: Int, _ row: (Span<Float>, Int) -> Void) {
    levels.apply(frames.energies, count: count)
    guard keepsWholeClip else {
      release(frames.energies, frames.squares, count, first, row)
      return
    }
    let bands = settings.bands
    unsafe braid_rows_of_lanes(frames.energies.base, bands, bands, count, rows.base)
    for lane in 0..<count {
      unsafe keptLevels.append().update(from: rows.base + lane * bands, count: bands)
      unsafe keptSquares.append().pointee = frames.squares.base[lane]
    }
  }

  private func releaseClip(_ row: (Span<Float>, Int) -> Void) {
    let bands = settings.bands
    var first = 0
    while first < keptLevels.count {
      let (rows, count) = unsafe keptLevels.rows(from: first, atMost: MelFrames.lanes)
      unsafe braid_lanes_of_rows(rows, bands, bands, count, frames.energies.base)
      for lane in 0..<count {
        unsafe frames.squares.base[lane] = keptSquares.rows(from: first + lane, atMost: 1).0[0]
      }
      levels.limitToLargest(frames.energies)
      release(frames.energies, frames.squares, count, first, row)
      first += count
    }
  }

  /// Levels to rows.
  private func release(
    _ levels: AlignedFloats, _ squares: AlignedFloats, _ count: Int, _ first: Int, _ row: (Span<Float>, Int) -> Void
  ) {
    var source = levels
    if let cepstrum = settings.cepstrum {
      unsafe braid_matrix_lanes(cosines.base, cepstrum.count, settings.bands, levels.base, columns.base)
      source = columns
    }
    let values = settings.cepstrum?.count ?? settings.bands
    let offset = dimension - values
    unsafe braid_rows_of_lanes(source.base, values, dimension, count, rows.base + offset)
    for lane in 0..<count {
      if let energy = settings.energy {
        let floor = max(Float(energy.floor), .ulpOfOne)
        unsafe rows.base[lane * dimension] = logf(max(squares.base[lane], floor))
      }
      let floats = unsafe UnsafeBufferPointer(start: rows.base + lane * dimension, count: dimension)
      unsafe row(Span(_unsafeElements: floats), first + lane)
    }
  }

  /// The DCT-II.
  private static func cosines(_ cepstrum: MelSettings.Cepstrum, bands: Int) -> [Float] {
    var matrix: [Float] = []
    for row in 0..<cepstrum.count {
      let scale = (Double(row == 0 && cepstrum.isOrthonormal ? 1 : 2) / Double(bands)).squareRoot()
      let place = Double(row + cepstrum.lifterOffset)
      let lift = cepstrum.lifter > 0 ? 1 + 0.5 * cepstrum.lifter * sin(.pi * place / cepstrum.lifter) : 1
      for column in 0..<bands {
        matrix.append(Float(lift * scale * cos(.pi / Double(bands) * (Double(column) + 0.5) * Double(row))))
      }
    }
    return matrix
  }
}
