import Glibc

/// How long a RIFF file (WAV) says that it is, beside how long it is: FFmpeg takes a file that was cut off for a shorter one.
struct RIFFHeader {
  /// Bytes of the whole file by its header.
  let statedBytes: Int
  /// Bytes that are there.
  let actualBytes: Int

  /// Reads the first twelve bytes of a file. Nil for other files, and for headers that leave the size open (0 or all ones,
  /// as recorders write that cannot go back).
  init?(path: String) {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe fclose(file) }
    var header = [UInt8](repeating: 0, count: 12)
    guard unsafe fread(&header, 1, 12, file) == 12, unsafe fseek(file, 0, SEEK_END) == 0 else { return nil }
    guard header[0..<4].elementsEqual("RIFF".utf8), header[8..<12].elementsEqual("WAVE".utf8) else { return nil }
    let size = header[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let end = unsafe ftell(file)
    guard size > 0, size < 0xffff_ff00, end > 0 else { return nil }
    statedBytes = size + 8
    actualBytes = end
  }

  /// The part of the file that is missing, 0 to 1.
  var missingPart: Double {
    statedBytes > actualBytes ? Double(statedBytes - actualBytes) / Double(statedBytes) : 0
  }
}
