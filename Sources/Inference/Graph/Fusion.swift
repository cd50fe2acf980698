/// What a fused node computes at once.
struct Fusion: Sendable {
  var inputQuantization: Quantization?
  var outputQuantization: Quantization?
}
