import CFFmpeg

/// A file that a film is written into: a muxer of FFmpeg's, by the suffix of its name.
@safe
final class FilmFile {
  let context: UnsafeMutablePointer<AVFormatContext>
  private let path: String

  /// A muxer whose file is not made yet.
  init(_ path: String) throws(RenderError) {
    var made: UnsafeMutablePointer<AVFormatContext>?
    let status = unsafe avformat_alloc_output_context2(&made, nil, nil, "file:" + path)
    guard let context = unsafe made else {
      try RenderError.check(status, "make a film of this kind", location: path)
      throw RenderError(.writeFailed, "could not make a film of this kind", location: path)
    }
    unsafe context.pointee.flags |= AVFMT_FLAG_BITEXACT
    unsafe self.context = context
    self.path = path
  }

  deinit {
    if unsafe context.pointee.pb != nil { unsafe avio_closep(&context.pointee.pb) }
    unsafe avformat_free_context(context)
  }

  /// Makes the file, or empties it, and writes its head: all streams have been added.
  func begin() throws(RenderError) {
    try RenderError.check(
      unsafe avio_open(&context.pointee.pb, "file:" + path, AVIO_FLAG_WRITE), "open the film for writing",
      location: path)
    try RenderError.check(unsafe avformat_write_header(context, nil), "write the film", location: path)
  }

  /// Writes the end and closes the file.
  func end() throws(RenderError) {
    try RenderError.check(unsafe av_write_trailer(context), "end the film", location: path)
    try RenderError.check(unsafe avio_closep(&context.pointee.pb), "end the film", location: path)
  }
}
