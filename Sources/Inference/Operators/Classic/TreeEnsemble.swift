/// Decision trees whose leaves add up to targets.
struct TreeEnsemble: Sendable {
  /// How a node compares a feature with its split.
  enum Mode: Int { case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member }

  /// How the leaves of a target come together.
  enum Aggregate: Int { case average, sum, least, largest }

  private struct Node {
    var feature: Int
    var mode: Mode
    var split: Double
    /// The values that a set holds.
    var members: [Double] = []
    var missingGoesTrue: Bool
    var whenTrue: (index: Int, isLeaf: Bool)
    var whenFalse: (index: Int, isLeaf: Bool)
  }

  /// The number of targets.
  let targets: Int
  let aggregate: Aggregate
  let roots: [Int]
  private let nodes: [Node]
  private let leafTargets: [Int]
  private let leafWeights: [Double]

  /// The trees that `attributes` describe over rows of `features`.
  init(_ attributes: Attributes, features: Int) throws(InferenceError) {
    guard try attributes.int("post_transform", default: 0) == 0 else {
      throw .unsupported("a transform of the targets")
    }
    guard let aggregate = Aggregate(rawValue: try attributes.int("aggregate_function", default: 1)) else {
      throw .invalid("its aggregate function is unknown")
    }
    self.aggregate = aggregate
    let count = try attributes.int("n_targets", default: 0)
    guard count > 0, count <= 1 << 20 else { throw .invalid("it has \(count) targets") }
    targets = count
    func list(_ name: String) throws(InferenceError) -> [Int] {
      guard let values = try attributes.ints(name) else { throw .invalid("\(name) is missing") }
      return values
    }
    func numbers(_ name: String) throws(InferenceError) -> [Double]? {
      guard let tensor = try attributes.tensor(name) else { return nil }
      switch tensor.elementType {
      case .float32: return tensor.array(of: Float.self).map { Double($0) }
      case .float64: return tensor.array(of: Double.self)
      case .uint8: return tensor.array(of: UInt8.self).map { Double($0) }
      default: throw .unsupported("\(name) of type \(tensor.elementType)")
      }
    }
    leafTargets = try list("leaf_targetids")
    guard let weights = try numbers("leaf_weights"), weights.count == leafTargets.count,
      leafTargets.allSatisfy({ $0 >= 0 && $0 < count })
    else { throw .invalid("its leaves do not fit its targets") }
    leafWeights = weights
    let (trueIDs, trueLeaves) = (try list("nodes_truenodeids"), try list("nodes_trueleafs"))
    let (falseIDs, falseLeaves) = (try list("nodes_falsenodeids"), try list("nodes_falseleafs"))
    let featureIDs = try list("nodes_featureids")
    guard let modes = try numbers("nodes_modes"), let splits = try numbers("nodes_splits") else {
      throw .invalid("its comparisons are missing")
    }
    let size = featureIDs.count
    let missing = try attributes.ints("nodes_missing_value_tracks_true") ?? [Int](repeating: 0, count: size)
    guard
      [trueIDs.count, trueLeaves.count, falseIDs.count, falseLeaves.count, modes.count, splits.count, missing.count]
        .allSatisfy({ $0 == size })
    else { throw .invalid("the lists of its nodes differ in length") }
    let sets = (try numbers("membership_values") ?? []).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNaN)
    var nextSet = 0
    var nodes: [Node] = []
    for index in 0..<size {
      guard let mode = Mode(rawValue: Int(modes[index])), featureIDs[index] >= 0, featureIDs[index] < features else {
        throw .invalid("node \(index) compares in an unknown way, or a feature that is not there")
      }
      var node = Node(
        feature: featureIDs[index], mode: mode, split: splits[index], missingGoesTrue: missing[index] != 0,
        whenTrue: (trueIDs[index], trueLeaves[index] != 0), whenFalse: (falseIDs[index], falseLeaves[index] != 0))
      for next in [node.whenTrue, node.whenFalse] {
        guard next.index >= 0, next.index < (next.isLeaf ? weights.count : size) else {
          throw .invalid("node \(index) leads nowhere")
        }
      }
      if mode == .member {
        guard nextSet < sets.count else { throw .invalid("node \(index) has no set") }
        node.members = Array(sets[nextSet])
        nextSet += 1
      }
      nodes.append(node)
    }
    self.nodes = nodes
    roots = try list("tree_roots")
    guard roots.allSatisfy({ $0 >= 0 && $0 < size }) else { throw .invalid("a tree has no root") }
  }

  /// The leaf that `feature` leads to in the tree at `root`: its target and weight.
  func leaf(_ root: Int, _ feature: (Int) -> Double) throws(InferenceError) -> (target: Int, weight: Double) {
    var index = root
    for _ in nodes.indices {
      let node = nodes[index]
      let next = goesTrue(node, feature(node.feature)) ? node.whenTrue : node.whenFalse
      if next.isLeaf { return (leafTargets[next.index], leafWeights[next.index]) }
      index = next.index
    }
    throw .invalid("a tree has a cycle")
  }

  private func goesTrue(_ node: Node, _ value: Double) -> Bool {
    if value.isNaN, node.missingGoesTrue { return true }
    return switch node.mode {
    case .lessOrEqual: value <= node.split
    case .less: value < node.split
    case .greaterOrEqual: value >= node.split
    case .greater: value > node.split
    case .equal: value == node.split
    case .notEqual: value != node.split
    case .member: node.members.contains(value)
    }
  }
}

/// The targets of each row of features.
struct TreeEnsembleKernel: RealKernel {
  let ensemble: TreeEnsemble

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let rows = y.count / ensemble.targets
    let start: T =
      switch ensemble.aggregate {
      case .least: .greatest
      case .largest: .least
      default: 0
      }
    y.fill(start)
    for row in 0..<rows {
      let base = row * (x.count / rows)
      for root in ensemble.roots {
        let leaf = try ensemble.leaf(root) { Double(x[base + $0]) }
        let place = row * ensemble.targets + leaf.target
        let weight = T(leaf.weight)
        switch ensemble.aggregate {
        case .sum, .average: y[place] += weight
        case .least: y[place] = .smaller(y[place], weight)
        case .largest: y[place] = .larger(y[place], weight)
        }
      }
    }
    // A target that no tree leads to is 0.
    for i in 0..<y.count {
      if ensemble.aggregate == .average { y[i] /= T(max(1, ensemble.roots.count)) }
      if y[i].isInfinite, y[i] == start { y[i] = 0 }
    }
  }
}
