internal import BraidCore
internal import BraidIngest
internal import BraidRender

/// The films among a session's sinks: what they are begun with, and what they take.
extension SessionSinks {
  /// Begins a film.
  func film(
    _ setting: SinkSetting, chosen: Set<String>?, streams: [StreamSlot]
  ) throws(PipelineError) -> FilmSink {
    let video = streams.filter { $0.kind == .video }
    guard let stream = setting.stream.map({ id in video.first { $0.id == id } }) ?? video.first,
      let facts = stream.description.video
    else {
      throw PipelineError(
        .configuration, "the session has no pictures\(setting.stream.map { " \($0)" } ?? "") for the film",
        location: "--sink \(setting.id)",
        remedy: video.isEmpty ? "Add an input with pictures" : "It has \(video.map(\.id).joined(separator: ", "))")
    }
    var film = FilmSettings(
      path: setting.target, width: setting.size?.width ?? facts.width / 2 * 2,
      height: setting.size?.height ?? facts.height / 2 * 2)
    film.codec = setting.codec.flatMap { FilmSettings.Codec(rawValue: $0.rawValue) }
    film.bitrate = setting.bitrate
    let sounds = setting.hasSound ? streams.filter { $0.kind == .audio } : []
    let sound = sounds.first { $0.input == stream.input } ?? sounds.first
    film.sound = sound?.description.audio.flatMap {
      $0.sampleRate > 0 && $0.channelCount > 0
        ? FilmSettings.Sound(sampleRate: $0.sampleRate, channelCount: $0.channelCount) : nil
    }
    do throws(RenderError) {
      let writer = try FilmWriter(film)
      if !writer.soundNote.isEmpty { note("\(setting.id): the film has no sound: \(writer.soundNote)") }
      let store = FilmStore()
      // Most pictures have a byte and a half a pixel.
      let pictures = max(2, setting.queueBytes / max(1, facts.width * facts.height * 3 / 2))
      return FilmSink(
        setting,
        channel: channel(setting, FilmSinkWriter(writer, store), capacity: pictures * SinkQueue.headerBytes),
        store: store, stream: stream.order, soundStream: sound?.order, models: chosen)
    } catch { throw PipelineError(error) }
  }

  // MARK: Films

  /// Whether there are films.
  var hasFilms: Bool { !films.isEmpty }

  /// Whether more pictures are held for films than should be.
  var holdsTooMuch: Bool { films.contains { $0.heldBytes > $0.setting.queueBytes } }

  /// Takes a picture for the films of its stream.
  func take(_ frame: VideoFrame, of stream: StreamSlot) {
    for film in films where film.stream == stream.order { film.take(frame) }
  }

  /// Takes sound for the films that have it.
  func take(_ block: AudioBlock, of stream: StreamSlot) {
    for film in films { film.take(block, of: stream.order) }
  }

  /// Hears of an event that is told at `time`.
  func hear(_ event: EventRecord, at time: MediaTime) {
    for film in films { film.hear(event, at: time) }
  }

  /// Hands on the pictures before `bound`, for which everything has been told; where `isLimited`, also those that are held beyond what
  /// films may hold.
  func releasePictures(before bound: MediaTime, isLimited: Bool = false) {
    for film in films {
      film.release(before: bound, limit: isLimited ? film.setting.queueBytes : .max) { [self] in isGivenUp }
      film.channel.flush()
    }
  }
}
