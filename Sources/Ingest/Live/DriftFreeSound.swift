import BraidCore
import BraidMedia

/// A live source's sound with its clock's drift taken out: ``DriftRemover`` with this module's errors.
///
/// For the thread that captures. Allocates: no, in the steady state.
final class DriftFreeSound {
  private var remover = DriftRemover()
  private let location: String

  /// - Parameter location: the input without credentials, for errors.
  init(location: String) {
    self.location = location
  }

  /// How many samples more were given out than taken; those that are held back count as taken.
  var surplus: Int { Int(clamping: remover.given - remover.taken) }

  /// Takes the next block, timed by the source's recovered clock, and gives out what is ready.
  ///
  /// - Throws: ``IngestError/Code/unusable`` where libswresample cannot do it.
  func process(_ block: AudioBlock, rate: Double, _ emit: (AudioBlock) -> Void) throws(IngestError) {
    do { try remover.process(block, rate: rate, emit) } catch { throw translated(error) }
  }

  /// What comes next does not follow: gives out what is held.
  ///
  /// - Throws: ``IngestError/Code/unusable`` where libswresample cannot do it.
  func endRun(_ emit: (AudioBlock) -> Void) throws(IngestError) {
    do { try remover.finish(emit) } catch { throw translated(error) }
  }

  private func translated(_ error: MediaError) -> IngestError {
    IngestError(.unusable, error.message, location: location, remedy: "Leave --resample away.", cause: error.cause)
  }
}
