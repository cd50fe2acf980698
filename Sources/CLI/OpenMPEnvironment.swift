import Glibc

/// What libgomp, on which oneDNN's threads run, reads from the environment before `main`.
enum OpenMPEnvironment {
  /// How often idle workers look for work before they sleep: some 15 us, less than waking one takes (docs/design/0008).
  private static let looks = "300"

  /// Starts the program anew with idle workers that sleep instead of spin, unless the user chose how they wait.
  ///
  /// Must be called before any thread is made. Returns where nothing needs doing, or where it cannot be done.
  static func makeIdleWorkersSleep() {
    guard unsafe getenv("OMP_WAIT_POLICY") == nil else { return }
    unsafe setenv("OMP_WAIT_POLICY", "passive", 1)
    unsafe setenv("GOMP_SPINCOUNT", looks, 0)
    unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}
