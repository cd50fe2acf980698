internal import COneDNN

/// A choice to be made between implementations.
struct KernelRequest {
  /// The operation as it is asked for in each layout, oneDNN's own first.
  var operations: [(layout: Implementation.Layout, descriptor: OperationDescriptor)]
  /// What to take in place of oneDNN's own choice, the best first.
  var preferred: [Implementation]
  /// What tells the operation from every other, for the cache of measurements: kind, shapes, types, what follows.
  var key: String
  /// Where its source lies before it.
  var source: MemoryDescriptor
}

/// Which of oneDNN's implementations computes an operation.
extension PlanBuilder {
  /// The implementation by the session's ``KernelChoice``; nil where oneDNN has none.
  mutating func implementation(
    of request: KernelRequest, _ attributes: borrowing PrimitiveAttributes
  ) throws(InferenceError) -> PrimitiveDescriptor? {
    if let name = options.forcedImplementation {
      // For tests: what any process could be made to take.
      for operation in request.operations where Implementation.allowed.contains(name) {
        if let found = try PrimitiveDescriptor(operation.descriptor, attributes, named: name) { return found }
      }
    }
    guard let kernels, let own = request.operations.first else { return try byRule(request, attributes) }
    let key = "\(request.key) from \(request.source.layoutName) threads \(stepThreads)"
    if let known = kernels.known(key) {
      guard known != Implementation.byRule else { return try byRule(request, attributes) }
      if let found = try descriptor(known, request, attributes) { return found }
    }
    guard let usual = try byRule(request, attributes) else { return nil }
    var meter = try KernelMeter(source: request.source, usual: usual, threads: stepThreads)
    let usualName = usual.implementation
    for operation in request.operations {
      guard var list = try ImplementationList(operation.descriptor, attributes) else { continue }
      while let candidate = list.next() {
        let name = candidate.implementation
        guard Implementation.allowed.contains(name), operation.layout == own.layout || name != usualName else {
          continue
        }
        try meter.add(candidate, Implementation(name: name, layout: operation.layout))
      }
    }
    let best = try meter.fastest()
    kernels.learn(key, best ?? .byRule)
    guard let best, let found = try descriptor(best, request, attributes) else { return usual }
    return found
  }

  /// The first of the preferred ones that oneDNN has, its own choice where it has none of them.
  private func byRule(
    _ request: KernelRequest, _ attributes: borrowing PrimitiveAttributes
  ) throws(InferenceError) -> PrimitiveDescriptor? {
    for preferred in request.preferred {
      if let found = try descriptor(preferred, request, attributes) { return found }
    }
    guard let own = request.operations.first else { return nil }
    return try PrimitiveDescriptor(own.descriptor, attributes)
  }

  private func descriptor(
    _ implementation: Implementation, _ request: KernelRequest, _ attributes: borrowing PrimitiveAttributes
  ) throws(InferenceError) -> PrimitiveDescriptor? {
    guard Implementation.allowed.contains(implementation.name),
      let operation = request.operations.first(where: { $0.layout == implementation.layout })
    else { return nil }
    return try PrimitiveDescriptor(operation.descriptor, attributes, named: implementation.name)
  }
}

extension Fusion {
  /// What is done beside the sum of products, without the values, which do not change how it is best computed.
  var summary: String {
    var words = ["scales \(weightScales.count)"]
    if let input = inputQuantization, input.zeroPoint != 0 { words.append("source zero") }
    if let output = outputQuantization, output.zeroPoint != 0 { words.append("result zero") }
    for step in following {
      switch step {
      case .relu: words.append("relu")
      case .leakyRelu: words.append("leaky")
      case .clip: words.append("clip")
      case .sigmoid: words.append("sigmoid")
      case .tanh: words.append("tanh")
      case .swish: words.append("swish")
      case .hardSwish: words.append("hardswish")
      case .stored: words.append("stored")
      case .add: words.append("add")
      case .addQuantised: words.append("add bytes")
      }
    }
    return words.joined(separator: " ")
  }
}
