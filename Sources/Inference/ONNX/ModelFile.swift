import BraidONNXFormat
import Glibc
import SwiftProtobuf

/// Reads the bytes of a model and takes them apart.
enum ModelFile {
  /// The whole file.
  static func read(_ path: String, limit: Int) throws(InferenceError) -> [UInt8] {
    try withFile(path) { descriptor, size throws(InferenceError) in
      guard size <= limit else { throw .limit("the file has \(size) bytes; the limit is \(limit)") }
      return try read(descriptor, offset: 0, byteCount: size)
    }
  }

  /// A part of a file that holds a tensor's data.
  static func read(_ path: String, offset: Int, byteCount: Int) throws(InferenceError) -> [UInt8] {
    try withFile(path) { descriptor, size throws(InferenceError) in
      guard offset <= size, byteCount <= size - offset else {
        throw .invalid(
          "its data should end at byte \(offset.addingReportingOverflow(byteCount).partialValue) of \(size)")
      }
      return try read(descriptor, offset: offset, byteCount: byteCount)
    }
  }

  private static func failure(_ message: String) -> InferenceError {
    InferenceError(
      .unreadable, message, remedy: "Check the path and its permissions",
      cause: unsafe String(cString: strerror(errno)))
  }

  private static func withFile(
    _ path: String, _ body: (_ descriptor: Int32, _ size: Int) throws(InferenceError) -> [UInt8]
  ) throws(InferenceError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("the file cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure("the file cannot be examined") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw InferenceError(.unreadable, "it is not a regular file", remedy: "Give the path of an ONNX file")
    }
    return try body(descriptor, Int(status.st_size))
  }

  private static func read(_ descriptor: Int32, offset: Int, byteCount: Int) throws(InferenceError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done, offset + done)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("the file cannot be read") }
      guard count > 0 else { throw InferenceError(.truncated, "the file became shorter while it was read") }
      done += count
    }
    return bytes
  }

  static func decode(_ bytes: [UInt8]) throws(InferenceError) -> ONNXModel {
    guard !bytes.isEmpty else {
      throw InferenceError(.notAModel, "the file is empty", remedy: "Give an ONNX model")
    }
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    do {
      return try ONNXModel(serializedBytes: bytes, options: options)
    } catch BinaryDecodingError.truncated where bytes[0] == 0x08 {
      throw InferenceError(.truncated, "the file ends in the middle of the model", remedy: "Fetch the file again")
    } catch {
      throw InferenceError(.notAModel, "it is not an ONNX model", remedy: "Give an ONNX model", cause: "\(error)")
    }
  }
}
