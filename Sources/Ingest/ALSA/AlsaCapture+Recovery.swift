import BraidCore
import CALSA
import Glibc

/// Overruns, suspensions, devices that go and come back.
extension AlsaCapture {
  /// How long a suspended device may take to resume.
  private static let longestResume = MediaDuration.seconds(5)

  /// Starts the prepared device.
  func start() {
    guard let device else { return }
    lastSample = clock.now
    let status = device.start()
    guard status >= 0 else { return lose(AlsaCall.text(status)) }
    timeline.start()
  }

  /// Answers a device's error: starts it again where that can help, a few times; else it is lost, and opened anew.
  func recover(_ status: Int32) {
    if status == -EAGAIN || status == -EINTR { return pause(.milliseconds(1)) }
    guard let device, status != -ENODEV, device.state != SND_PCM_STATE_DISCONNECTED else {
      return lose(AlsaCall.text(-ENODEV))
    }
    restarts += 1
    guard restarts <= Self.mostRestarts else { return lose(AlsaCall.text(status)) }
    if status == -ESTRPIPE || device.state == SND_PCM_STATE_SUSPENDED, resume(device) { return }
    timeline.interrupt(.overrun)
    endRun()
    let prepared = device.prepare()
    guard prepared >= 0 else { return lose(AlsaCall.text(prepared)) }
    start()
  }

  /// Waits for a suspended device to go on by itself. What it missed meanwhile shows in its samples' times.
  private func resume(_ device: PCM) -> Bool {
    let deadline = clock.now + Self.longestResume
    while !stopping.isInterrupted, clock.now < deadline {
      let status = device.resume()
      // A plugin may say yes and do nothing.
      if status >= 0 { return device.state != SND_PCM_STATE_SUSPENDED }
      guard status == -EAGAIN else { return false }
      pause()
    }
    return false
  }

  /// The device is gone, or as good as gone: it is opened again, at once and then ever less often.
  func lose(_ cause: String) {
    timeline.interrupt(.unplug)
    endRun()
    restarts = 0
    if !isAway {
      isAway = true
      meter.note(.disconnected, at: sessionTime(clock.now), epoch: timeline.epoch, cause: cause)
    }
    planAttempt(after: cause, closing: device)
    device = nil
  }

  /// The first block of a device that was away.
  func tellReturn(_ time: HostTime) {
    isAway = false
    schedule.succeeded()
    meter.note(.reconnected, at: sessionTime(time), epoch: timeline.epoch, cause: location.name)
  }

  private func planAttempt(after cause: String, closing old: PCM?) {
    if let old { retired = old }
    guard let wait = schedule.next() else {
      return meter.fail(
        IngestError(
          .lost, "the sound device is lost: \(schedule.attempts) attempts to open it again failed",
          location: location.redacted, remedy: "Plug it in and start again, or allow more with --reconnect-limit.",
          cause: cause))
    }
    nextAttempt = clock.now + wait
  }

  /// One step on the way back: keeps the bound moving, opens the device when it is time, takes it when it is there.
  func comeBack() {
    ring?.advance(bound: sessionTime(clock.now))
    if opening == nil, clock.now >= nextAttempt { beginOpening() }
    if let outcome = opening?.takeOutcome() {
      opening = nil
      switch outcome {
      case .opened(let opened):
        adopt(opened)
        timeline.earliest = clock.now
        start()
      case .failed(let error): planAttempt(after: error.cause ?? error.message, closing: nil)
      }
      return
    }
    pause()
  }

  /// Opens the device as it was, or as it is asked for if it has changed. An attempt that hangs is waited for: a second one
  /// would hang as well.
  private func beginOpening() {
    var same = PCM.Request(location)
    same.sampleRate = configuration.sampleRate
    same.channelCount = configuration.channelCount
    opening = AlsaOpening(
      location.name, [same, PCM.Request(location)], location: location.redacted, closing: retired, wake: wake)
    retired = nil
  }
}

extension PCM.Request {
  /// What a device's URI asks for.
  init(_ location: DeviceLocation) {
    self.init(
      format: location.sampleFormat, sampleRate: location.sampleRate, channelCount: location.channelCount,
      latency: location.latency ?? .milliseconds(10))
  }
}
