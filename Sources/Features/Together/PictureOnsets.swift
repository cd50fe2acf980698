internal import BraidCore
internal import CKernels

/// How strongly something happens in the picture at each picture: motion that stops or turns back, or light that flashes.
///
/// Between two pictures every whole block of 8 by 8 pixels has motion in four directions, the positive and negative parts of
/// `sum of d gx` and `sum of d gy` with the change `d` of its pixels less their mean and the gradient `g` of both pictures'
/// mean, and a change of its mean up or down; each less what noise may make. What of it is gone between the next two
/// pictures, in the block and its eight neighbours, has stopped at the picture in between: a thing that moves on, even from
/// block to block, does not stop. If it stopped between two pictures, the two share it in proportion, and their centre is
/// the instant; what turned back there seems to have done so a quarter of their distance early. Changes of brightness weigh 64 times their levels, as the sum over a block.
///
/// A picture that does not differ from the one before is passed over for up to 60 ms, as it may be a repetition.
/// Allocates: only when the size of the pictures changes.
struct PictureOnsets {
  private static let quantities = 6
  private static let repetition = MediaDuration.milliseconds(60)

  private var width = 0
  private var height = 0
  private var previous: [UInt8] = []
  /// `[4 directions and 2 changes, rows, columns]`: of the last two pictures, and of the two before.
  private var current: [Float] = []
  private var before: [Float] = []
  private var scratch: [Float] = []
  private var previousTime = MediaTime.zero
  /// Pictures since the start, up to 2.
  private var known = 0
  private var motion = Precedence(sparing: 1)
  private var light = Precedence(sparing: 0)

  /// Takes the next picture and returns the strength at the one before it; nil for the first two, and for one that is
  /// passed over.
  mutating func update(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime) -> (Float, MediaTime)? {
    LumaBlocks.check(luma, width, height)
    if width != self.width || height != self.height { resize(width, height) }
    guard known > 0 else {
      keep(luma, time)
      return nil
    }
    let isStill = unsafe luma.withUnsafeBufferPointer { bytes -> Bool in
      guard let base = bytes.baseAddress else { return true }
      return unsafe braid_block_motion_u8(base, previous, width, height, &scratch) == 0
    }
    if isStill, time - previousTime < Self.repetition { return nil }
    swap(&before, &current)
    swap(&current, &scratch)
    defer { keep(luma, time) }
    guard known > 1 else { return nil }
    var stopped: (motion: Float, light: Float) = (0, 0)
    unsafe braid_stopped_motion(before, current, width / 8, height / 8, &stopped.motion, &stopped.light)
    let strength =
      motion.remaining(stopped.motion, at: previousTime) + 64 * light.remaining(stopped.light, at: previousTime)
    return (strength, previousTime)
  }

  mutating func reset() {
    known = 0
    motion.reset()
    light.reset()
  }

  private mutating func keep(_ luma: Span<UInt8>, _ time: MediaTime) {
    unsafe previous.withUnsafeMutableBufferPointer { target in
      unsafe luma.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress else { return }
        unsafe target.baseAddress?.update(from: from, count: target.count)
      }
    }
    previousTime = time
    known = min(2, known + 1)
  }

  private mutating func resize(_ width: Int, _ height: Int) {
    self.width = width
    self.height = height
    previous = Array(repeating: 0, count: width * height)
    current = Array(repeating: 0, count: Self.quantities * (width / 8) * (height / 8))
    before = current
    scratch = current
    reset()
  }
}
