import BraidCore

/// The rule by which a stream that the file brings late does not hold up the others. It depends on the file's order alone.
///
/// When the demuxer has passed more than ``starvationBytes`` of other streams' packets since the last packet of a stream, that
/// stream's decoder is emptied and its bound follows the demuxer's position, until its next packet. Frames from then on with
/// times before the bound are lost, and one gap says so. Texts are sparse: their bound follows the position at a distance of
/// one second, by which FFmpeg's demuxers may put packets out of order.
extension Demuxer {
  private static let sparseDistance = MediaDuration.seconds(1)

  /// Takes note of a packet of `reader`'s stream in the file's order.
  func note(_ reader: StreamReader, bytes: Int) {
    if reader.isSparse {
      reader.textBounds.append(sparseBound)
      return
    }
    reader.othersBytes = 0
    if reader.isStarving {
      reader.isStarving = false
      reader.boundsAfterMarks.append(reader.starvedBound)
    }
    for other in readers where other !== reader && !other.isSparse && !other.isExhausted {
      other.othersBytes += bytes
      guard other.othersBytes > starvationBytes else { continue }
      if !other.isStarving {
        other.isStarving = true
        other.starvedMarks += 1
        other.decoder.queue.appendStarvedMark()
        log?.mark(other.index)
      }
      other.starvedBound = max(other.starvedBound, position)
    }
  }

  private var sparseBound: MediaTime {
    position == .distantPast ? .distantPast : position - Self.sparseDistance
  }

  /// Moves on the ring's bound of a stream that has nothing of its own to move it.
  func publishBound(_ reader: StreamReader) {
    guard let ring = reader.ring, reader.outbox.isEmpty, !reader.isExhausted else { return }
    if reader.isSparse {
      guard hasPosition else { return }
      if let end = reader.window.end, sparseBound >= end, reader.decoder.queue.isEmpty { return reader.exhaust() }
      let first = reader.decoder.queue.firstStamp.map(reader.time(_:))
      ring.advance(bound: min(sparseBound, first ?? .distantFuture))
    } else if reader.isStarving, reader.decoder.starvedMarksPassed == reader.starvedMarks {
      ring.advance(bound: reader.starvedBound)
    }
  }

  /// Whether the demuxer should go on: a stream can go on with nothing but a packet, and it is not merely early.
  var shouldRead: Bool {
    guard !hasEnded else { return false }
    let hasDense = readers.contains { !$0.isExhausted && !$0.isSparse && !$0.isStarving }
    for reader in readers where reader.needsPacket {
      if !hasDense { return true }
      if !reader.isSparse, !reader.isStarving { return true }
      if holdsUpOthers(reader) { return true }
    }
    return false
  }

  /// Whether something in another ring may wait for this stream's bound.
  private func holdsUpOthers(_ reader: StreamReader) -> Bool {
    guard let ring = reader.ring else { return false }
    let (time, bound, _) = ring.peek()
    guard time == nil else { return false }
    return readers.contains { other in
      guard other !== reader, let head = other.ring?.peek().time else { return false }
      return head >= bound
    }
  }
}
