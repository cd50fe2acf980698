internal import BraidCore
internal import BraidRender

/// Pictures and sound on their way to the thread that encodes them. From any thread.
final class FilmStore: Sendable {
  private struct State {
    var pictures: [Int64: (frame: VideoFrame, overlay: Overlay)] = [:]
    var sound: [AudioBlock] = []
    var soundBytes = 0
  }

  private let state = Guarded(State())
  /// Bytes of sound that may wait.
  private static let soundLimit = 32 << 20

  /// Keeps a picture under its number.
  func put(_ frame: VideoFrame, _ overlay: Overlay, number: Int64) {
    state.withLock { $0.pictures[number] = (frame, overlay) }
  }

  /// Gives a picture out; nil for one that was dropped.
  func take(_ number: Int64) -> (frame: VideoFrame, overlay: Overlay)? {
    state.withLock { $0.pictures.removeValue(forKey: number) }
  }

  /// Lets a picture go.
  func drop(_ number: Int64) {
    state.withLock { _ = $0.pictures.removeValue(forKey: number) }
  }

  /// Lets the pictures before a number go.
  func drop(before number: Int64) {
    state.withLock { state in
      for place in state.pictures.keys where place < number { state.pictures[place] = nil }
    }
  }

  /// Keeps sound. Beyond some bytes the oldest is dropped, or the newest where nothing else is: the film is silent there.
  ///
  /// Returns whether nothing was dropped.
  func add(_ block: AudioBlock, drops: Bool) -> Bool {
    let size = Self.byteCount(block)
    return state.withLock { state in
      var isWhole = true
      while drops, state.soundBytes + size > Self.soundLimit, !state.sound.isEmpty {
        state.soundBytes -= Self.byteCount(state.sound.removeFirst())
        isWhole = false
      }
      guard state.soundBytes + size <= Self.soundLimit else { return false }
      state.sound.append(block)
      state.soundBytes += size
      return isWhole
    }
  }

  /// Gives out the sound that begins before `time`: what a picture of that time always finds here, whenever its turn comes.
  func takeSound(before time: MediaTime) -> [AudioBlock] {
    state.withLock { state in
      let count = state.sound.firstIndex { $0.time >= time } ?? state.sound.count
      let taken = Array(state.sound[..<count])
      state.sound.removeFirst(count)
      state.soundBytes -= taken.reduce(0) { $0 + Self.byteCount($1) }
      return taken
    }
  }

  private static func byteCount(_ block: AudioBlock) -> Int {
    block.frameCount * block.channelCount * MemoryLayout<Float>.stride
  }
}

/// Encodes pictures and sound. For the sink's thread.
final class FilmSinkWriter: SinkWriter {
  // One at a time: a picture is dropped here or there, and counted once.
  let fill = SinkFill(items: 1)
  private let film: FilmWriter
  private let store: FilmStore

  init(_ film: FilmWriter, _ store: FilmStore) {
    self.film = film
    self.store = store
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    for number in batch.tags {
      guard let (frame, overlay) = store.take(number) else { continue }
      do throws(RenderError) {
        var bytes = 0
        for block in store.takeSound(before: frame.time) { bytes += try film.write(block) }
        bytes += try film.write(frame, overlay)
        channel.wrote(1, bytes: bytes)
      } catch {
        guard error.code == .drawFailed else { throw PipelineError(error) }
        channel.tell(PipelineError(error))
      }
    }
  }

  func finish(_ channel: SinkChannel) throws(PipelineError) {
    do throws(RenderError) {
      var bytes = 0
      for block in store.takeSound(before: .distantFuture) {
        // The film's end matters more than its last sound where nobody waits any more.
        if channel.isGivenUp { break }
        bytes += try film.write(block)
      }
      bytes += try film.finish()
      channel.wrote(0, bytes: bytes)
    } catch { throw PipelineError(error) }
  }
}

extension PipelineError {
  /// What went wrong with a film.
  init(_ error: RenderError) {
    self.init(
      .outputFailed, error.message, location: error.location, remedy: error.remedy, cause: error.cause)
  }
}
