import BraidCore

/// One attempt to open a sound device, on a thread of its own: libasound may hang for as long as a sound server does not answer.
///
/// An attempt that is given up goes on until libasound returns, and then closes what it got.
final class AlsaOpening: Sendable {
  /// What came of it.
  enum Outcome {
    case opened(PCM)
    case failed(IngestError)
  }

  private struct State {
    var outcome: Outcome?
    var isAbandoned = false
  }

  private let state = Guarded(State())
  private let thread: DedicatedThread

  /// Begins to open a device.
  ///
  /// - Parameters:
  ///   - name: libasound's name of the device.
  ///   - requests: what is asked of it; one after the other until the device gives one.
  ///   - location: the device in error messages.
  ///   - closing: a device to be closed first, which the caller uses no more.
  ///   - wake: notified when the outcome is there.
  init(_ name: String, _ requests: [PCM.Request], location: String, closing: PCM? = nil, wake: WakeDescriptor) {
    let state = state
    thread = DedicatedThread(name: "braid-alsa-open") {
      closing?.close()
      let outcome = AlsaCall.quietly { Self.open(name, requests, location: location, wake: wake) }
      let isWanted = state.withLock { state in
        if !state.isAbandoned { state.outcome = outcome }
        return !state.isAbandoned
      }
      if isWanted { wake.notify() } else if case .opened(let device) = outcome { device.close() }
    }
  }

  deinit {
    state.withLock { state in
      state.isAbandoned = true
      state.outcome = nil
    }
    thread.abandon()
  }

  /// What came of it; nil while it goes on. The device is handed over: it is told once.
  func takeOutcome() -> Outcome? {
    state.withLock { state in
      defer { state.outcome = nil }
      return state.outcome
    }
  }

  private static func open(
    _ name: String, _ requests: [PCM.Request], location: String, wake: WakeDescriptor
  ) -> Outcome {
    do throws(IngestError) {
      let device = try PCM(name, location: location)
      for (place, request) in requests.enumerated() {
        do throws(IngestError) {
          try device.configure(request, location: location)
          break
        } catch {
          if place == requests.count - 1 { throw error }
        }
      }
      try device.prepareWaiting(wake, location: location)
      return .opened(device)
    } catch {
      return .failed(error)
    }
  }
}
