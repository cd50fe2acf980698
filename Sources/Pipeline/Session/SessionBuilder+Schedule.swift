internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidMedia

/// What the session's scheduler holds to.
extension SessionBuilder {
  /// One model on its stream, and what is said of it.
  struct Scheduled {
    var model: ModelDescription
    /// What a result of each of its forms counts, best first.
    var forms: [Double]
    var stream: StreamSlot
    var feed: ModelFeed
    var schedule: ModelSchedule
    /// The place of the model whose results it goes by.
    var source: Int?
  }

  /// The scheduler's configuration: one task for each model, in their order.
  func schedule(_ models: [Scheduled]) -> SchedulerConfiguration {
    let keepsAll = !isPaced || configuration.skip == .none
    let tasks = models.enumerated().map { place, scheduled in
      let budget = isPaced ? scheduled.schedule.budget ?? configuration.budget : nil
      let kind = scheduled.model.scheduledKind
      return SchedulerConfiguration.Task(
        model: place, stream: scheduled.stream.id, kind: kind, budget: budget ?? .unlimited,
        weight: scheduled.schedule.weight ?? 1, minimumRate: isPaced ? scheduled.schedule.minimumRate ?? 0 : 0,
        priority: scheduled.schedule.priority ?? 0, period: isPaced ? period(of: scheduled) : nil,
        block: isPaced ? scheduled.stream.description.blockDuration : nil, source: scheduled.source,
        isFed: scheduled.feed.isFed,
        queueCapacity: isPaced ? Self.queueCapacity(kind, waits: !keepsAll && budget != nil) : 3)
    }
    return SchedulerConfiguration(
      // As many as lanes, once they are known. Where nothing is chosen, all models' next jobs lie ready for them.
      servers: keepsAll ? min(64, max(1, tasks.count)) : 1,
      models: models.map { model in
        SchedulerConfiguration.Model(
          name: model.model.id, variants: model.forms.map { SchedulerConfiguration.Variant(value: $0) })
      }, tasks: tasks,
      usesContent: configuration.prefersContent && !keepsAll,
      policy: configuration.skip, isRealtime: isPaced)
  }

  /// Has measured, of the streams that models tick on, how much is in a frame: for those that the scheduler may pass over.
  func measureContent(_ models: [Scheduled]) throws(MediaError) {
    for scheduled in models where scheduled.model.scheduledKind != .stateful {
      switch scheduled.feed {
      case .picture, .pictures, .moment:
        guard scheduled.stream.content == nil else { continue }
        let count = scheduled.stream.pictures.count
        let path = try smallPictures(of: scheduled.stream)
        scheduled.stream.content = PictureContent(path: path, isShared: scheduled.stream.pictures.count == count)
      case .features(let path, let track, let window, _):
        let feature = path.tracks[track].feature
        path.keepEnergy(samples: feature.samples(ofRow: window.rows).upperBound + path.sampleRate)
      case .samples(let path, let window, _):
        path.keepEnergy(samples: window.context + window.hop + path.sampleRate)
      // That of the frame or window is known: the other model ticks on it.
      case .crops, .results: continue
      }
    }
  }

  /// How many frames may wait. Without a budget only the newest picture does: nothing says how old one may become.
  private static func queueCapacity(_ kind: SchedulerConfiguration.Kind, waits: Bool) -> Int? {
    kind == .picture && !waits ? 1 : nil
  }

  /// How far apart a model's frames come, as far as that is known, when the skip policy has thinned them.
  private func period(of scheduled: Scheduled) -> MediaDuration? {
    guard let period = scheduled.feed.period ?? scheduled.stream.description.frameDistance else { return nil }
    switch configuration.skip {
    case .adaptive, .none: return period
    case .every(let count): return period * Int64(max(1, count))
    case .maxFPS(let rate):
      return rate.isFinite ? max(period, MediaDuration(nanoseconds: Int64(1e9 / min(max(rate, 1e-6), 1e6)))) : period
    }
  }
}

extension ModelDescription {
  /// How its frames wait for it.
  var scheduledKind: SchedulerConfiguration.Kind {
    carriesState ? .stateful : takesSound || resultInput != nil ? .window : .picture
  }
}

extension ModelFeed {
  /// How far apart windows of sound begin; nil for what ticks with pictures.
  fileprivate var period: MediaDuration? {
    switch self {
    case .features(let path, let track, let window, _):
      .samples(Int64(window.hopRows * path.tracks[track].feature.hopSamples), sampleRate: path.sampleRate)
    case .samples(let path, let window, _): .samples(Int64(window.hop), sampleRate: path.sampleRate)
    case .picture, .pictures, .crops, .results, .moment: nil
    }
  }
}

extension StreamDescription {
  /// How far apart pictures are on the average, by what the container or the device says.
  fileprivate var frameDistance: MediaDuration? {
    let parts = (video?.averageFrameRate ?? "").split(separator: "/").compactMap { Double($0) }
    guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
    let nanoseconds = 1e9 * parts[1] / parts[0]
    return nanoseconds < 1e15 ? MediaDuration(nanoseconds: Int64(nanoseconds.rounded())) : nil
  }

  /// How long a sound device gathers samples before it gives them; nil for everything else.
  fileprivate var blockDuration: MediaDuration? {
    guard let audio, let samples = audio.periodSamples, audio.sampleRate > 0 else { return nil }
    return .samples(Int64(samples), sampleRate: audio.sampleRate)
  }
}
