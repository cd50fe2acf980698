internal import COneDNN

/// Scales, zero points and what follows a primitive; scratch memory is always the caller's.
struct PrimitiveAttributes: ~Copyable {
  private let handle: AttributesHandle
  private let following: FollowingSteps

  init() throws(InferenceError) {
    let handle = try AttributesHandle()
    let following = try FollowingSteps()
    try unsafe OneDNN.check(
      "scratch memory", dnnl_primitive_attr_set_scratchpad_mode(handle.pointer, dnnl_scratchpad_mode_user))
    self.handle = handle
    self.following = following
  }

  /// Multiplies the result: one factor, or one for each place along `axis`.
  func setScales(_ scales: [Float], axis: Int) throws(InferenceError) {
    let mask: Int32 = scales.count == 1 ? 0 : 1 << Int32(axis)
    try unsafe OneDNN.check(
      "scales", dnnl_primitive_attr_set_output_scales(handle.pointer, Int64(scales.count), mask, scales))
  }

  /// Multiplies the operand of one argument of a binary operation.
  func setScale(_ scale: Float, argument: Int32) throws(InferenceError) {
    try unsafe OneDNN.check("a scale", dnnl_primitive_attr_set_scales(handle.pointer, argument, 1, 0, [scale]))
  }

  func setZeroPoint(_ zeroPoint: Int32, argument: Int32) throws(InferenceError) {
    guard zeroPoint != 0 else { return }
    try unsafe OneDNN.check(
      "a zero point", dnnl_primitive_attr_set_zero_points(handle.pointer, argument, 1, 0, [zeroPoint]))
  }

  func append(_ kind: dnnl_alg_kind_t, alpha: Float, beta: Float) throws(InferenceError) {
    try unsafe OneDNN.check(
      "an element-wise step", dnnl_post_ops_append_eltwise(following.pointer, 1, kind, alpha, beta))
  }

  /// Joins the result with another tensor, repeated along axes of size 1.
  func append(_ kind: dnnl_alg_kind_t, operand: MemoryDescriptor) throws(InferenceError) {
    var raw = operand.raw
    try unsafe OneDNN.check(
      "a step with another tensor", dnnl_post_ops_append_binary(following.pointer, kind, &raw))
  }

  /// The argument that gives the tensor of the following step at `position`.
  static func operand(_ position: Int32) -> Int32 {
    (DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (position + 1)) | DNNL_ARG_SRC_1
  }

  /// Adds what the result's memory holds before, times `scale`.
  func appendSum(scale: Float = 1) throws(InferenceError) {
    try unsafe OneDNN.check("a sum", dnnl_post_ops_append_sum(following.pointer, scale))
  }

  /// Fixes what was appended; to be called once, last.
  func finish() throws(InferenceError) {
    try unsafe OneDNN.check("following steps", dnnl_primitive_attr_set_post_ops(handle.pointer, following.pointer))
  }

  @unsafe var pointer: dnnl_primitive_attr_t { unsafe handle.pointer }
}

@safe private struct AttributesHandle: ~Copyable {
  let pointer: dnnl_primitive_attr_t

  init() throws(InferenceError) {
    var handle: dnnl_primitive_attr_t?
    try unsafe OneDNN.check("attributes", dnnl_primitive_attr_create(&handle))
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no attributes") }
    unsafe pointer = handle
  }

  deinit { unsafe dnnl_primitive_attr_destroy(pointer) }
}

@safe private struct FollowingSteps: ~Copyable {
  let pointer: dnnl_post_ops_t

  init() throws(InferenceError) {
    var handle: dnnl_post_ops_t?
    try unsafe OneDNN.check("following steps", dnnl_post_ops_create(&handle))
    guard let handle = unsafe handle else { throw InferenceError(.library, "oneDNN gave no following steps") }
    unsafe pointer = handle
  }

  deinit { unsafe dnnl_post_ops_destroy(pointer) }
}
