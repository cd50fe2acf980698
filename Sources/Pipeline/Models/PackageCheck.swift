internal import BraidCore
internal import BraidFeatures
public import BraidInference

/// Looks at a package as a whole: what Inference can say of it, and what only this module knows.
public enum PackageCheck {
  /// Everything that is known of what lies at a path, and everything that is wrong with it.
  ///
  /// - Throws: `InferenceError` where nothing can be said at all.
  public static func inspect(_ path: String, limits: ModelLimits = .default) throws(InferenceError) -> PackageInspection
  {
    var inspection = try PackageInspection(path: path, limits: limits)
    for (place, input) in (inspection.description?.inputs ?? []).enumerated() {
      guard case .features(let window) = input.source else { continue }
      do throws(FeatureError) {
        _ = try window.selection
      } catch {
        inspection.add(
          DescriptionFault("inputs[\(place)].features", "\(error.location): \(error.message)", remedy: error.remedy))
      }
    }
    // What decoders want of outputs, they know themselves.
    if let form = inspection.forms.first, let plan = form.plan, let description = form.description,
      !inspection.faults.contains(where: { $0.field.hasPrefix("output") })
    {
      do throws(PipelineError) {
        _ = try ResultDecoding(description: description, forms: [plan])
      } catch {
        inspection.add(DescriptionFault("output", error.message, remedy: error.remedy))
      }
    }
    return inspection
  }
}
