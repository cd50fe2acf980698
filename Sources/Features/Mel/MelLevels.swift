internal import CKernels
import Glibc

/// Energies to levels: the logarithm, the range below the largest level, the last offset and scale.
@safe
final class MelLevels {
  private let bands: Int
  private let floor: Float
  private let offset: Float
  /// What natural logarithms are multiplied with; nil for energies as they are.
  private let logarithmScale: Float?
  private let range: MelSettings.Range
  private let levelOffset: Float
  private let levelScale: Float
  /// The largest level so far.
  private var largest = -Float.greatestFiniteMagnitude
  private let floors = AlignedFloats(count: MelFrames.lanes)

  init(_ settings: MelSettings) {
    bands = settings.bands
    range = settings.range
    levelOffset = Float(settings.levelOffset)
    levelScale = Float(settings.levelScale)
    switch settings.level {
    case .linear: (floor, offset, logarithmScale) = (0, 0, nil)
    case .natural(let floor, let offset): (self.floor, self.offset, logarithmScale) = (Float(floor), Float(offset), 1)
    case .common(let floor): (self.floor, offset, logarithmScale) = (Float(floor), 0, Float(1 / log(10.0)))
    case .decibels(let floor): (self.floor, offset, logarithmScale) = (Float(floor), 0, Float(10 / log(10.0)))
    }
  }

  func reset() { largest = -.greatestFiniteMagnitude }

  /// The first `count` lanes of `values`, `[bands, 16]`, from energies to levels; with ``MelSettings/Range/clip(_:)`` without
  /// their limit, offset and scale, which ``limitToLargest(_:)`` gives them at the end.
  func apply(_ values: AlignedFloats, count: Int) {
    if let logarithmScale {
      unsafe braid_scaled_logarithms(values.base, bands * MelFrames.lanes, floor, offset, logarithmScale)
    }
    switch range {
    case .unlimited:
      guard levelOffset != 0 || levelScale != 1 else { return }
      limit(values, to: -.greatestFiniteMagnitude)
    case .running(let depth):
      unsafe braid_largest_of_lanes(values.base, bands, floors.base)
      for lane in 0..<count {
        largest = max(largest, unsafe floors.base[lane])
        unsafe floors.base[lane] = largest - Float(depth)
      }
      unsafe braid_limit_lanes(values.base, bands, floors.base, levelOffset, levelScale)
    case .clip:
      unsafe braid_largest_of_lanes(values.base, bands, floors.base)
      for lane in 0..<count { largest = max(largest, unsafe floors.base[lane]) }
    }
  }

  /// Levels of a whole clip: held to the largest of all, with offset and scale.
  func limitToLargest(_ values: AlignedFloats) {
    guard case .clip(let depth) = range else { return }
    limit(values, to: largest - Float(depth))
  }

  private func limit(_ values: AlignedFloats, to floor: Float) {
    for lane in 0..<MelFrames.lanes { unsafe floors.base[lane] = floor }
    unsafe braid_limit_lanes(values.base, bands, floors.base, levelOffset, levelScale)
  }
}
