internal import CKernels

/// A kernel of our own with the memory it works on, whose parts run at once on the session's threads.
final class DividedKernel {
  private let threads: Int
  private let arguments: KernelArguments
  private let part: @Sendable (KernelArguments, Int, Int) -> Void

  /// Nil for a kernel that runs on one thread.
  init?(_ step: KernelStep, _ arguments: KernelArguments) {
    guard step.threads > 1, let part = step.kernel.part else { return nil }
    threads = step.threads
    self.arguments = arguments
    self.part = part
  }

  /// Runs all parts and returns when they are done. Allocates: no.
  func run() {
    let body: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void = { context, index, count in
      guard let context = unsafe context else { return }
      let kernel = unsafe Unmanaged<DividedKernel>.fromOpaque(context).takeUnretainedValue()
      kernel.part(kernel.arguments, Int(index), Int(count))
    }
    unsafe braid_parallel(Int32(clamping: threads), body, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Which of `total` rows belong to part `index` of `count`.
  static func range(of total: Int, part index: Int, of count: Int) -> Range<Int> {
    // Without the product of the two, which could be too large.
    let (each, rest) = total.quotientAndRemainder(dividingBy: count)
    let start = each * index + min(index, rest)
    return start..<start + each + (index < rest ? 1 : 0)
  }
}
