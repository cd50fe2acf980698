import BraidCore
import CFFmpeg

extension FormatContext {
  /// Marks the selected streams in `description`.
  ///
  /// - Throws: ``IngestError/Code/noUsableStream``, `unsupportedCodec`, `encrypted`, `limitExceeded`.
  func select(_ options: InputOptions, in description: inout InputDescription) throws(IngestError) {
    let location = description.redactedURI
    let chosen: [Int]
    switch options.streams {
    case .standard: chosen = standardStreams(description)
    case .all:
      chosen = description.streams.filter { isRunnable($0.kind) && hasDecoder($0.index) }.map(\.index)
    case .list(let items): chosen = try listed(items, description)
    }
    guard !chosen.isEmpty else {
      let kinds = description.streams.map { "\($0.kind.rawValue) (\($0.codec))" }.joined(separator: ", ")
      throw IngestError(
        .noUsableStream, "there is no sound, picture or text in it that could be run", location: location,
        remedy: kinds.isEmpty ? "" : "It holds: \(kinds).")
    }
    for index in chosen {
      try check(index, options, description)
      description.streams[index].isSelected = true
    }
  }

  private func isRunnable(_ kind: InputStreamKind) -> Bool { kind == .audio || kind == .video || kind == .text }

  private func hasDecoder(_ index: Int) -> Bool {
    guard let parameters = unsafe stream(index)?.pointee.codecpar else { return false }
    return unsafe avcodec_find_decoder(parameters.pointee.codec_id) != nil
  }

  private func standardStreams(_ description: InputDescription) -> [Int] {
    var chosen: [Int] = []
    let video = unsafe Int(av_find_best_stream(pointer, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0))
    for index in [
      video, unsafe Int(av_find_best_stream(pointer, AVMEDIA_TYPE_AUDIO, -1, Int32(clamping: video), nil, 0)),
    ] {
      guard index >= 0, description.streams.indices.contains(index), isRunnable(description.streams[index].kind),
        hasDecoder(index)
      else { continue }
      chosen.append(index)
    }
    if let text = description.streams.first(where: { $0.kind == .text && hasDecoder($0.index) }) {
      chosen.append(text.index)
    }
    return chosen.sorted()
  }

  private func listed(_ items: [StreamSelection.Item], _ description: InputDescription) throws(IngestError) -> [Int] {
    var chosen: Set<Int> = []
    for item in items {
      let found: StreamDescription? =
        switch item {
        case .index(let index): description.streams.first { $0.index == index }
        case .nth(let kind, let place): description.streams.filter { $0.kind == kind }.dropFirst(place).first
        }
      guard let found, isRunnable(found.kind) else {
        let what =
          switch item {
          case .index(let index): "stream \(index)"
          case .nth(let kind, let place): "\(kind.rawValue) stream \(place)"
          }
        throw IngestError(
          .noUsableStream, found == nil ? "there is no \(what)" : "\(what) is neither sound, picture nor text",
          location: description.redactedURI, remedy: "'braid probe' lists what is in it.")
      }
      chosen.insert(found.index)
    }
    return chosen.sorted()
  }

  private func check(_ index: Int, _ options: InputOptions, _ description: InputDescription) throws(IngestError) {
    let location = "\(description.redactedURI), stream \(index)"
    guard let stream = unsafe stream(index), let parameters = unsafe stream.pointee.codecpar else { return }
    if unsafe isEncrypted(stream) {
      throw IngestError(
        .encrypted, "the stream is encrypted", location: location, remedy: "Decrypt it first; Braid holds no keys.")
    }
    let (width, height) = unsafe (Int(parameters.pointee.width), Int(parameters.pointee.height))
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= options.limits.pixels else {
      throw IngestError(
        .limitExceeded, "pictures of \(width) x \(height) are larger than the \(options.limits.pixels) pixels allowed",
        location: location, remedy: "Raise the limit on pixels if the input is trusted.")
    }
    let channels = unsafe Int(parameters.pointee.ch_layout.nb_channels)
    guard channels <= 64 else {
      throw IngestError(
        .unsupportedCodec, "sound of \(channels) channels is not supported", location: location,
        remedy: "Reduce it to at most 64 channels.")
    }
  }
}
