internal import BraidInference

/// A model that was found, loaded and described, before it is bound to a stream.
struct LoadedModel {
  /// What the user called it.
  let given: String
  /// Best first; at least one.
  private(set) var forms: [LoadedForm]
  /// What was taken for granted about a model without a description.
  let note: String?
  /// How many crops of a picture it looks at, at most; nil for a model that takes whole pictures, or none.
  var cropLimit: Int?
  /// How what it finds is followed, where the user says so.
  var track: TrackDescription?

  init(given: String, best: LoadedForm, others: [LoadedForm], note: String?) {
    self.given = given
    forms = [best] + others
    self.note = note
  }

  var path: String { forms[0].path }
  var model: Model { forms[0].model }
  var plan: Plan { forms[0].plan }
  var description: ModelDescription {
    var description = forms[0].description
    if let track { description.track = track.filled(from: description.track ?? TrackDescription()) }
    return description
  }

  /// What it gives, with as many values as all forms have.
  var outputs: [ModelLinks.Named.Output] {
    plan.outputs.map { output in
      let count = output.shape?.elementCount
      let isSame = forms.allSatisfy { form in
        form.plan.outputs.first { $0.name == output.name }?.shape?.elementCount == count
      }
      return ModelLinks.Named.Output(name: output.name, count: isSame ? count : nil)
    }
  }

  /// Makes every form ready to run on so many threads.
  mutating func divide(among threads: Int) throws(InferenceError) {
    for place in forms.indices { try forms[place].divide(among: threads) }
  }
}
