/// NumPy's archive of arrays, `.npz`: a zip archive of `.npy` files.
///
/// Format: `numpy.lib.format`, `numpy.savez` and `numpy.savez_compressed`.
public enum NPZFile {
  /// Reads all arrays of an archive.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - limits: bounds on what each array, and all together, may hold.
  /// - Returns: the arrays with their names, without `.npy`, in the archive's order.
  /// - Throws: `not-an-archive`, `limit-exceeded`; as ``NPYFile/tensor(_:limits:)``, located at the array.
  public static func read(
    path: String, limits: ModelLimits = .default
  ) throws(InferenceError) -> [(name: String, tensor: Tensor)] {
    do throws(InferenceError) {
      let archive = try ZipReader(path: path)
      var arrays: [(String, Tensor)] = []
      var left = limits.fileBytes
      for place in 0..<archive.count {
        guard let entry = archive.entry(place), let file = entry.name, file.hasSuffix(".npy") else { continue }
        let bytes = try archive.read(entry, limit: left)
        left -= bytes.count
        let name = String(file.dropLast(4))
        do throws(InferenceError) {
          arrays.append((name, try NPYFile.tensor(bytes, limits: limits)))
        } catch {
          throw error.within(name)
        }
      }
      return arrays
    } catch {
      throw error.within(path)
    }
  }
}
