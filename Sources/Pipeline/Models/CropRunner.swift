internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// Runs a model on all crops of a frame: as batches, where the model takes any number of pictures at once, else one after
/// another.
///
/// Batches are of 1, 2, 4 and 8, the largest that still fits first, so that none is filled up with nothing. One thread at a
/// time uses it: see ``ModelRunners``. Allocates: where libswscale makes itself ready for another size of crops.
final class CropRunner {
  /// A session for so many pictures at once.
  private struct Batch {
    let count: Int
    let session: InferenceSession
    let staging: PictureStaging
    /// For each output that a job has room for, its place in the session.
    let places: [Int]
    /// Each output of all pictures.
    var outputs: [[Float]]
  }

  private let picture: ModelDescription.Picture
  /// From one picture at once upwards.
  private var batches: [Batch] = []

  /// A runner with a session of its own for each number of pictures.
  ///
  /// - Parameters:
  ///   - picture: what the model takes.
  ///   - input: its name.
  ///   - outputs: the outputs that a job has room for, by name.
  ///   - session: for one picture.
  ///   - larger: plans for more pictures at once.
  /// - Throws: `InferenceError`, `MediaError`, ``PipelineError`` where the model has no such input.
  init(
    _ picture: ModelDescription.Picture, input: String, outputs: [String], session: InferenceSession,
    larger: [(count: Int, plan: Plan)]
  ) throws {
    self.picture = picture
    try add(1, session, input, outputs)
    for (count, plan) in larger { try add(count, try InferenceSession(plan), input, outputs) }
  }

  private static func fault(_ message: String) -> PipelineError {
    PipelineError(.invalidDescription, message, location: "crops", remedy: "Describe the model's one picture input")
  }

  private func add(
    _ count: Int, _ session: InferenceSession, _ input: String, _ outputs: [String]
  ) throws {
    guard let place = session.inputIndex(input) else { throw Self.fault("the model has no input '\(input)'") }
    let places = outputs.compactMap { session.outputIndex($0) }
    batches.append(
      Batch(
        count: count, session: session, staging: try PictureStaging(picture, session, input: place), places: places,
        outputs: places.map { Array(repeating: 0, count: session.plan.outputs[$0].shape?.elementCount ?? 0) }))
  }

  /// Runs each batch on what its input holds.
  func warmUp() {
    for batch in batches.dropFirst() { try? batch.session.run() }
  }

  /// Runs the model on the job's crops, as many as there is time for, and puts what it gives for them one after another into the
  /// job's outputs.
  ///
  /// - Throws: `InferenceError`, `MediaError`; ``PipelineError`` for a job without a picture.
  func run(_ job: ModelJob, trace: TraceRow?) throws {
    defer { job.frame = nil }
    guard let frame = job.frame else { throw Self.fault("a job for crops has no picture") }
    let count = min(job.runCount, job.crops.count)
    var done = 0
    while done < count {
      guard let place = batches.lastIndex(where: { $0.count <= count - done }) else {
        throw Self.fault("no session takes \(count - done) crops")
      }
      try trace.span("scale") {
        for offset in 0..<batches[place].count {
          try batches[place].staging.stage(frame, region: job.crops[done + offset].region, at: offset)
        }
      }
      let session = batches[place].session
      try trace.span("run") { try session.run() }
      for index in job.outputs.indices where batches[place].outputs.indices.contains(index) {
        try read(index, batch: place, into: &job.forms[job.rung][index], from: done)
      }
      done += batches[place].count
    }
  }

  private func read(_ index: Int, batch: Int, into output: inout [Float], from first: Int) throws {
    let session = batches[batch].session
    try session.read(output: batches[batch].places[index], into: &batches[batch].outputs[index])
    let count = batches[batch].outputs[index].count
    let base = first * (count / batches[batch].count)
    for place in 0..<min(count, output.count - base) { output[base + place] = batches[batch].outputs[index][place] }
  }
}
