import Foundation

/// A model with inputs and the outputs that they should give, in a folder as the ONNX standard lays out its own tests.
///
/// The folder holds `model.onnx`, folders `test_data_set_0`, `test_data_set_1` and so on with `input_0.pb` and
/// `output_0.pb` in the order of the model's own, and maybe a `tolerance.json`.
public struct ConformanceCase: Sendable, Hashable {
  /// How a case ended.
  public enum Outcome: Sendable, Hashable {
    /// Every output of every data set is as expected.
    case passed
    /// An output differs, or the case cannot be run though nothing in it is beyond the engine; with the reason.
    case failed(String)
    /// The model uses what the engine does not run; with the reason.
    case unsupported(String)
  }

  /// The case's folder.
  public let folder: String
  /// The folder's own name.
  public var name: String { URL(fileURLWithPath: folder).lastPathComponent }

  /// The case in this folder.
  public init(folder: String) { self.folder = folder }

  /// The cases in `folder`: itself, or those in the folders in it, by name.
  ///
  /// - Returns: the cases; none where there is none.
  /// - Throws: `unreadable` where there is no such folder.
  public static func all(in folder: String) throws(InferenceError) -> [ConformanceCase] {
    let files = FileManager.default
    if files.fileExists(atPath: folder + "/model.onnx") { return [ConformanceCase(folder: folder)] }
    guard let names = try? files.contentsOfDirectory(atPath: folder) else {
      throw InferenceError(
        .unreadable, "there is no such folder", location: folder, remedy: "Give a folder of cases, or one case")
    }
    return names.sorted().map { "\(folder)/\($0)" }.filter { files.fileExists(atPath: $0 + "/model.onnx") }
      .map(ConformanceCase.init)
  }

  /// Runs the model on every data set. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - options: threads and how far to optimise.
  ///   - limits: bounds on what the model may ask for.
  /// - Returns: how it ended.
  public func run(options: SessionOptions = SessionOptions(), limits: ModelLimits = .default) -> Outcome {
    do throws(InferenceError) {
      if let difference = try difference(options, limits) { return .failed(difference) }
      return .passed
    } catch {
      return error.isUnsupported ? .unsupported("\(error)") : .failed("\(error)")
    }
  }

  private func difference(_ options: SessionOptions, _ limits: ModelLimits) throws(InferenceError) -> String? {
    let files = FileManager.default
    var tolerance = Tolerance.standard
    if files.fileExists(atPath: folder + "/tolerance.json") {
      do throws(InferenceError) {
        tolerance = try Tolerance(json: ModelFile.read(folder + "/tolerance.json", limit: 65_536))
      } catch {
        throw error.within("tolerance.json")
      }
    }
    let model = try Model.load(path: folder + "/model.onnx", limits: limits)
    let session = try DynamicSession(model, options: options)
    var number = 0
    while files.fileExists(atPath: "\(folder)/test_data_set_\(number)") {
      let set = "test_data_set_\(number)"
      let given = try values("input", set, model.inputs, limits)
      let expected = try values("output", set, model.outputs, limits)
      guard expected.count == model.outputs.count else {
        return "\(set): the model has \(model.outputs.count) outputs, the data \(expected.count)"
      }
      var inputs: [String: ModelValue] = [:]
      for (info, value) in zip(model.inputs, given) { inputs[info.name] = value }
      let found = try session.run(inputs)
      for (index, info) in model.outputs.enumerated() where index < found.count {
        if let difference = found[index].difference(from: expected[index], tolerance: tolerance) {
          return "\(number == 0 ? "" : "\(set): ")output \(info.name): \(difference)"
        }
      }
      number += 1
    }
    return number == 0 ? "there is no test_data_set_0" : nil
  }

  /// The values of one kind in a data set, as many as there are files.
  private func values(
    _ kind: String, _ set: String, _ infos: [TensorInfo], _ limits: ModelLimits
  ) throws(InferenceError) -> [ModelValue] {
    var values: [ModelValue] = []
    func path(_ index: Int) -> String { "\(folder)/\(set)/\(kind)_\(index).pb" }
    for info in infos {
      guard FileManager.default.fileExists(atPath: path(values.count)) else { break }
      values.append(try ModelValue.load(path: path(values.count), declared: info, limits: limits))
    }
    guard !FileManager.default.fileExists(atPath: path(values.count)) else {
      throw .invalid("\(set) has more \(kind)s than the model, which has \(infos.count)")
    }
    return values
  }
}
