/// A primitive of oneDNN with the slots it works on.
struct PrimitiveStep: Sendable {
  let operation: String
  let arguments: [PrimitiveArgument]
}

/// One argument of a primitive.
struct PrimitiveArgument: Sendable {
  let slot: Int
}
