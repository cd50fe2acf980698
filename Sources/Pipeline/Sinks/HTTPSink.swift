internal import BraidCore

/// Sends items to a server in batches: POST of `application/x-ndjson`.
///
/// A batch is sent until the server has taken it: again where it could not be reached, or answers 408, 425, 429 or 5xx, after a
/// pause that doubles, with a random part, and that a `Retry-After` prolongs. Each sending of one batch has the same
/// `Idempotency-Key`, by which a server knows a batch that it has taken already: batches arrive at least once. Every other answer
/// drops the batch.
final class HTTPSink: SinkWriter {
  let fill: SinkFill
  private let transfer: HTTPTransfer
  private let location: String
  private let retry: MediaDuration
  /// Before the number of a batch.
  private let key = HostFacts.newIdentifier()
  private var number = 0
  private var toldStatuses: Set<Int> = []
  private var toldOutage = false
  private static let firstPause = MediaDuration.milliseconds(200)
  private static let longestPause = MediaDuration.seconds(10)

  /// - Throws: ``PipelineError/Code/outputFailed`` where libcurl cannot begin.
  init(_ setting: SinkSetting) throws(PipelineError) {
    location = setting.id
    retry = setting.retry
    fill = SinkFill(items: setting.batch, bytes: 4 << 20, wanted: setting.batch, wait: setting.every)
    guard
      let transfer = HTTPTransfer(
        url: setting.target, headers: ["Content-Type: application/x-ndjson"] + setting.headers,
        timeout: setting.timeout)
    else {
      throw PipelineError(
        .outputFailed, "the transfer cannot be made ready", location: setting.id,
        remedy: "Check the URL and the headers")
    }
    self.transfer = transfer
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    number += 1
    let began = channel.clock.now
    var pause = Self.firstPause
    while true {
      var least = MediaDuration.zero
      let fault: PipelineError
      switch transfer.post(batch.bytes, key: "\(key)-\(number)", while: { !channel.isGivenUp }) {
      case .stopped: return
      case .answered(let status, _) where (200...299).contains(status):
        toldOutage = false
        channel.wrote(batch.count, bytes: batch.bytes.count)
        return
      case .answered(let status, let after) where [408, 425, 429].contains(status) || status >= 500:
        least = after
        fault = failure("the server answers \(status), and has not taken a batch for \(retry.shortText)")
      case .answered(let status, _):
        let isNew = toldStatuses.insert(status).inserted
        channel.tell(
          failure(
            "the server does not take the records: it answers \(status)", remedy: "Check the URL and what it expects"),
          isNew: isNew)
        return
      case .failed(let cause):
        fault = failure("the server has not been reached for \(retry.shortText)", cause: cause)
      }
      // Between the half and the whole, so that many who wait do not come back together.
      let jittered = MediaDuration(nanoseconds: Int64.random(in: pause.nanoseconds / 2...pause.nanoseconds))
      let wait = max(least, jittered)
      guard channel.clock.now + wait - began < retry else {
        if channel.isWaitedFor { throw fault }
        channel.tell(fault, isNew: !toldOutage)
        toldOutage = true
        return
      }
      guard channel.pause(wait) else { return }
      channel.retried()
      pause = min(pause + pause, Self.longestPause)
    }
  }

  func finish(_ channel: SinkChannel) {}

  private func failure(
    _ message: String, remedy: String = "Check that the server runs, and the way to it", cause: String? = nil
  ) -> PipelineError {
    PipelineError(.outputFailed, message, location: location, remedy: remedy, cause: cause)
  }
}
