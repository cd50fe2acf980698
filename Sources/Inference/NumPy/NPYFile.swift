import Foundation

/// NumPy's file of one array, `.npy`, in versions 1 to 3.
///
/// Format: NumPy Enhancement Proposal 1, `numpy.lib.format`.
public enum NPYFile {
  /// Reads an array.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: bounds on what the file may hold.
  /// - Returns: the array in row-major order, whatever its order in the file.
  /// - Throws: `unreadable`, `not-an-array`, `truncated`, `limit-exceeded`.
  public static func read(path: String, limits: ModelLimits = .default) throws(InferenceError) -> Tensor {
    do throws(InferenceError) {
      return try tensor(try ModelFile.read(path, limit: limits.fileBytes), limits: limits)
    } catch {
      throw error.within(path)
    }
  }

  /// Reads an array from memory.
  ///
  /// Element types are the booleans, the whole numbers of 8 to 64 bits and floating point of 16 to 64 bits that ONNX
  /// knows, little-endian, and texts (`U`).
  ///
  /// - Parameters:
  ///   - bytes: what the file holds.
  ///   - limits: bounds on what it may hold.
  /// - Returns: the array in row-major order.
  /// - Throws: as `read(path:limits:)`, without `unreadable`.
  public static func tensor(_ bytes: [UInt8], limits: ModelLimits = .default) throws(InferenceError) -> Tensor {
    let (header, start) = try NPYHeader.parse(bytes)
    guard let shape = TensorShape(header.shape) else { throw notAnArray("its shape \(header.shape) is impossible") }
    let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: header.itemBytes)
    // A text takes memory of its own, even where the file has no byte for it.
    guard !overflow, size <= limits.tensorBytes, !header.isText || shape.elementCount <= limits.tensorBytes / 16 else {
      throw .limit("an array of shape \(shape) is larger than the limit of \(limits.tensorBytes) bytes")
    }
    let found = bytes.count - start
    guard found == size else {
      let message = "it has \(found) bytes of data, and its shape \(shape) takes \(size)"
      throw found < size
        ? InferenceError(.truncated, message, remedy: "Write the file again") : notAnArray(message)
    }
    var data = Array(bytes[start...])
    if header.isColumnMajor, shape.rank > 1 { data = rowMajor(data, shape, header.itemBytes) }
    let tensor: Tensor?
    switch header.content {
    case .number(let type): tensor = Tensor(bytes: data, elementType: type, shape: shape)
    case .text(let length): tensor = Tensor(strings: texts(data, length, shape.elementCount), shape: shape)
    }
    guard let tensor else { throw notAnArray("its data are no values of its type, or do not fit the memory") }
    return tensor
  }

  /// Writes an array, in row-major order, as version 1 or where the header is too long 2.
  ///
  /// Types that NumPy does not have are written as one that holds their values: `bfloat16` and smaller floating point as
  /// `float32`, whole numbers of fewer than 8 bits as those of 8.
  ///
  /// - Parameter tensor: the array.
  /// - Returns: what the file holds.
  public static func bytes(_ tensor: Tensor) -> [UInt8] {
    var data: [UInt8]
    let description: String
    if let code = NPYHeader.code(of: tensor.elementType) {
      (description, data) = (code, tensor.bytes)
    } else if tensor.elementType == .string {
      let texts = tensor.strings.map { Array($0.unicodeScalars) }
      let length = max(1, texts.map(\.count).max() ?? 1)
      description = "<U\(length)"
      data = []
      data.reserveCapacity(texts.count * length * 4)
      for text in texts {
        for index in 0..<length { append(index < text.count ? text[index].value : 0, to: &data) }
      }
    } else {
      description = "<f4"
      data = []
      for value in tensor.doubles { append(Float(value).bitPattern, to: &data) }
    }
    let sizes = tensor.shape.dimensions
    let shape = "(" + sizes.map(String.init).joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
    var header = Array("{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    let isLong = header.count + 65 > 65_535
    let prefix = isLong ? 12 : 10
    // The data begin at a multiple of 64.
    let padding = (64 - (prefix + header.count + 1) % 64) % 64
    header += [UInt8](repeating: 0x20, count: padding) + [0x0a]
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [isLong ? 2 : 1, 0]
    for index in 0..<(isLong ? 4 : 2) { bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * index))) }
    return bytes + header + data
  }

  static func notAnArray(_ message: String) -> InferenceError {
    InferenceError(.notAnArray, message, remedy: "Give a file that numpy.save wrote, of numbers or texts")
  }

  private static func append(_ word: UInt32, to data: inout [UInt8]) {
    for index in 0..<4 { data.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * index))) }
  }

  /// The same elements with the last axis innermost, where the first one was.
  private static func rowMajor(_ data: [UInt8], _ shape: TensorShape, _ width: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: data.count)
    var strides: [Int] = []
    var distance = 1
    for size in shape.dimensions {
      strides.append(distance)
      distance *= max(1, size)
    }
    var place = [Int](repeating: 0, count: shape.rank)
    var source = 0
    for target in 0..<shape.elementCount {
      for byte in 0..<width { result[target * width + byte] = data[source * width + byte] }
      var axis = shape.rank - 1
      while axis >= 0 {
        place[axis] += 1
        source += strides[axis]
        if place[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
    return result
  }

  private static func texts(_ data: [UInt8], _ length: Int, _ count: Int) -> [String] {
    (0..<count).map { index in
      var text = String.UnicodeScalarView()
      for position in 0..<length {
        let at = (index * length + position) * 4
        let code = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[at + $1]) << UInt32(8 * $1) }
        // Texts end with their first zero; what is no character is told by the one for that.
        if code == 0 { break }
        text.append(Unicode.Scalar(code) ?? "\u{fffd}")
      }
      return String(text)
    }
  }
}

extension InferenceError.Code {
  /// The file is no array of NumPy's, or of a type that models do not take.
  public static let notAnArray = InferenceError.Code(rawValue: "not-an-array")
}
