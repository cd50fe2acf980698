"""Makes Tests/InferenceTests/Layers: small models of one layer each, with what ONNX Runtime computes beside.

Every model takes nothing: its operands are parameters. Each output `NAME` has a twin `expected NAME`, a parameter that
holds ONNX Runtime's result. Run again after a change: the files are the same where nothing changed.

    python tools/layer_goldens.py
"""

import pathlib
import shutil

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.capi import onnxruntime_pybind11_state as errors

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "InferenceTests" / "Layers"
OPSET = 21
by_reference = []
random = np.random.default_rng(7)


def real(*shape, low=-1.0, high=1.0, dtype=np.float32):
    return random.uniform(low, high, shape).astype(dtype)


def case(name, kind, inputs, outputs=1, domain="", opset=OPSET, like=None, **attributes):
    """Writes one case. `inputs` are arrays, None for those left out; `like` are others that must give the same. What ONNX Runtime does not run on a processor, such
    as some layers in double precision, onnx's reference computes."""
    names = [f"input{i}" if value is not None else "" for i, value in enumerate(inputs)]
    wanted = [f"output{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
    node = helper.make_node(kind, names, wanted, domain=domain, **attributes)
    parameters = [numpy_helper.from_array(v, n) for n, v in zip(names, inputs) if v is not None]
    kept = [n for n in wanted if n]
    results = [helper.make_value_info(n, onnx.TypeProto()) for n in kept]
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]

    def model(nodes, parameters, results):
        graph = helper.make_graph(nodes, name, [], results, parameters)
        return helper.make_model(graph, opset_imports=imports, ir_version=10, producer_name="braid tests")

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    given = inputs if like is None else like
    names = [f"input{i}" if value is not None else "" for i, value in enumerate(given)]
    plain = model(
        [helper.make_node(kind, names, wanted, domain=domain, **attributes)],
        [numpy_helper.from_array(v, n) for n, v in zip(names, given) if v is not None], results)
    try:
        session = onnxruntime.InferenceSession(
            plain.SerializeToString(), options, providers=["CPUExecutionProvider"])
        values = session.run(None, {})
    except (errors.NotImplemented, errors.RuntimeException):
        values = ReferenceEvaluator(plain).run(None, {})
        by_reference.append(name)
    twins = [numpy_helper.from_array(v, f"value {n}") for n, v in zip(kept, values)]
    nodes = [node] + [helper.make_node("Identity", [f"value {n}"], [f"expected {n}"]) for n in kept]
    every = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for stem in ("", "expected ")
        for n, v in zip([stem + n for n in kept], values)
    ]
    onnx.save(model(nodes, parameters + twins, every), FOLDER / f"{name}.onnx")


def convolutions():
    x1, x2, x3 = real(2, 4, 11), real(1, 4, 7, 9), real(1, 2, 4, 5, 6)
    case("conv_1d_dilated", "Conv", [x1, real(6, 4, 3), real(6)], dilations=[2], pads=[1, 3])
    case("conv_grouped", "Conv", [x2, real(6, 2, 3, 2)], group=2, strides=[2, 1], pads=[1, 0, 2, 1])
    case("conv_depthwise_same_lower", "Conv", [x2, real(8, 1, 2, 4)], group=4, auto_pad="SAME_LOWER", strides=[2, 2])
    case("conv_3d", "Conv", [x3, real(3, 2, 2, 3, 3), real(3)], strides=[1, 2, 2], pads=[1, 0, 1, 0, 1, 1])
    case("conv_double", "Conv", [x2.astype(np.float64), real(3, 4, 3, 3, dtype=np.float64)], auto_pad="SAME_UPPER")
    case("transposed_grouped", "ConvTranspose", [x2, real(4, 3, 3, 2), real(6)], group=2, strides=[2, 3],
         pads=[1, 0, 0, 1], output_padding=[1, 2])
    case("transposed_dilated_1d", "ConvTranspose", [x1, real(4, 2, 3)], dilations=[3], strides=[2])
    case("transposed_3d", "ConvTranspose", [x3, real(2, 2, 2, 2, 3)], strides=[2, 1, 2], pads=[0, 1, 0, 1, 0, 2])
    case("transposed_same", "ConvTranspose", [x2, real(4, 2, 3, 3)], strides=[2, 3], auto_pad="SAME_UPPER")
    case("transposed_shape", "ConvTranspose", [x2, real(4, 2, 3, 3)], strides=[2, 2], output_shape=[14, 17])
    case("transposed_double", "ConvTranspose", [x2.astype(np.float64), real(4, 2, 3, 3, dtype=np.float64)])
    case("deformable", "DeformConv", [real(1, 4, 6, 6), real(4, 2, 3, 3), real(1, 36, 4, 4, low=-2, high=2), real(4),
         real(1, 18, 4, 4)], group=2, offset_group=2, opset=19)


def pools():
    x1, x2, x3 = real(1, 2, 13), real(2, 3, 7, 8), real(1, 2, 5, 6, 4)
    kernel = dict(kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 1, 1])
    case("max_indices", "MaxPool", [x2], outputs=2, **kernel)
    case("max_columns", "MaxPool", [x2], outputs=2, storage_order=1, kernel_shape=[2, 2], dilations=[2, 3])
    case("max_ceil", "MaxPool", [x2], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])
    case("max_3d_indices", "MaxPool", [x3], outputs=2, kernel_shape=[2, 3, 2], strides=[2, 1, 2])
    case("max_1d_double", "MaxPool", [x1.astype(np.float64)], kernel_shape=[4], dilations=[2], strides=[3])
    case("max_int8", "MaxPool", [random.integers(-128, 128, (1, 2, 5, 5)).astype(np.int8)], kernel_shape=[2, 3],
         pads=[0, 1, 0, 1], opset=12)
    case("max_uint8", "MaxPool", [random.integers(0, 256, (1, 2, 5, 5)).astype(np.uint8)], kernel_shape=[2, 3], opset=12)
    case("average_counting", "AveragePool", [x2], count_include_pad=1, **kernel)
    case("average_excluding", "AveragePool", [x2], **kernel)
    case("average_dilated", "AveragePool", [x2], kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 1, 1, 2])
    case("average_ceil", "AveragePool", [x2], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])
    case("average_3d_same", "AveragePool", [x3], kernel_shape=[2, 3, 2], auto_pad="SAME_LOWER", strides=[1, 2, 2])
    case("lp_pool_1", "LpPool", [x2], p=1, **kernel)
    case("lp_pool_3", "LpPool", [x2], p=3, **kernel)
    case("global_lp", "GlobalLpPool", [x2], p=3)
    case("global_max_1d", "GlobalMaxPool", [x1])
    case("global_average_3d", "GlobalAveragePool", [x3])
    indices = np.array([[[[0, 7, 12], [17, 26, 33]]]], dtype=np.int64)
    case("unpool", "MaxUnpool", [real(1, 1, 2, 3), indices], kernel_shape=[3, 3], strides=[3, 2])


def normalisations():
    x, c = real(2, 6, 3, 4, low=-2, high=5), lambda: real(6, low=0.1)
    case("batch", "BatchNormalization", [x, c(), c(), c(), c()], epsilon=1e-3)
    case("batch_double", "BatchNormalization", [v.astype(np.float64) for v in [x, c(), c(), c(), c()]])
    case("batch_training", "BatchNormalization", [x, c(), c(), c(), c()], outputs=3, training_mode=1, momentum=0.7)
    case("batch_opset_9", "BatchNormalization", [real(3, 6), c(), c(), c(), c()], opset=9)
    case("instance", "InstanceNormalization", [x, c(), c()], epsilon=1e-2)
    case("group_21", "GroupNormalization", [x, c(), c()], num_groups=3)
    case("group_18", "GroupNormalization", [x, real(3), real(3)], num_groups=3, opset=18)
    case("layer", "LayerNormalization", [x, real(4), real(4)], outputs=3)
    case("layer_axis_2", "LayerNormalization", [x, real(3, 4)], axis=2, epsilon=1e-2)
    case("layer_broadcast", "LayerNormalization", [x, real(3, 1), real(4)], axis=-2)
    case("layer_double", "LayerNormalization", [real(3, 5, dtype=np.float64), real(5, dtype=np.float64)])
    case("rms", "RMSNormalization", [x, real(3, 4)], axis=2, opset=23)
    case("lp_1", "LpNormalization", [x], axis=1, p=1)
    case("lp_2", "LpNormalization", [x])
    case("lrn", "LRN", [real(1, 7, 3, 3)], size=5, alpha=0.3, beta=0.6, bias=1.5)
    case("lrn_odd", "LRN", [real(2, 5, 2, 3)], size=3)
    ms = dict(domain="com.microsoft")
    case("simplified", "SimplifiedLayerNormalization", [x, real(4)], axis=-1, opset=17)
    tokens, skip = real(2, 5, 8), real(2, 5, 8)
    case("skip", "SkipLayerNormalization", [tokens, skip, real(8), real(8), real(8)], outputs=["y", "", "", "sum"], **ms)
    case("skip_bare", "SkipLayerNormalization", [tokens, real(1, 5, 8), real(8)], **ms)
    case("skip_simplified", "SkipSimplifiedLayerNormalization", [tokens, skip, real(8), real(8)], epsilon=1e-3, **ms)
    ids, kinds = random.integers(0, 9, (2, 5)).astype(np.int32), random.integers(0, 2, (2, 5)).astype(np.int32)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=np.int32)
    tables = [real(9, 8), real(6, 8), real(2, 8), real(8), real(8)]
    case("embedding", "EmbedLayerNormalization", [ids, kinds, *tables, mask], outputs=3, **ms)
    case("embedding_bare", "EmbedLayerNormalization", [ids, None, *tables[:2], None, *tables[3:]], outputs=2, **ms)


def recurrent(stem, kind, gates, states, defaults, **more):
    steps, batch, width, hidden = 5, 3, 4, 3

    def operands(directions, dtype=np.float32, bias=True, lengths=None, initial=False):
        result = [
            real(steps, batch, width, dtype=dtype), real(directions, gates * hidden, width, dtype=dtype),
            real(directions, gates * hidden, hidden, dtype=dtype),
            real(directions, 2 * gates * hidden, dtype=dtype) if bias else None, lengths,
        ]
        for _ in range(states):
            result.append(real(directions, batch, hidden, dtype=dtype) if initial else None)
        return result

    outputs = 1 + states
    lengths = np.array([5, 2, 4], dtype=np.int32)
    case(f"{stem}_forward", kind, operands(1, bias=False), outputs, hidden_size=hidden, **more)
    case(f"{stem}_reverse", kind, operands(1, initial=True), outputs, hidden_size=hidden, direction="reverse", **more)
    case(f"{stem}_both_lengths", kind, operands(2, lengths=lengths, initial=True), outputs, hidden_size=hidden,
         direction="bidirectional", **more)
    case(f"{stem}_clip", kind, operands(1, initial=True), outputs, hidden_size=hidden, clip=0.3, **more)
    case(f"{stem}_activations", kind, operands(2, initial=True), outputs, hidden_size=hidden,
         direction="bidirectional", activations=defaults, activation_alpha=[0.3, 0.7], activation_beta=[0.4], **more)
    case(f"{stem}_double", kind, operands(1, dtype=np.float64, initial=True), outputs, hidden_size=hidden, **more)


def recurrences():
    recurrent("rnn", "RNN", 1, 1, ["LeakyRelu", "HardSigmoid"])
    recurrent("gru", "GRU", 3, 1, ["HardSigmoid", "Tanh", "Sigmoid", "Elu"])
    recurrent("gru_after", "GRU", 3, 1, ["Sigmoid", "Softsign", "HardSigmoid", "LeakyRelu"], linear_before_reset=1)
    recurrent("lstm", "LSTM", 4, 2, ["HardSigmoid", "Relu", "Softsign", "Sigmoid", "Tanh", "Elu"])
    x, w, r, b = real(4, 2, 3), real(2, 20, 3), real(2, 20, 5), real(2, 40)
    h, c, p = real(2, 2, 5), real(2, 2, 5), real(2, 15)
    for name, more in [("peepholes", {}), ("coupled", dict(input_forget=1))]:
        case(f"lstm_{name}", "LSTM", [x, w, r, b, None, h, c, p], 3, hidden_size=5, direction="bidirectional", **more)


def attentions():
    ms = dict(domain="com.microsoft", num_heads=2)
    x, w, b = real(2, 5, 6), real(6, 24), real(24)
    case("attention", "Attention", [x, w, b], **ms)
    case("attention_lengths", "Attention", [x, w, b, np.array([3, 5], np.int32)], **ms)
    case("attention_starts", "Attention", [x, w, b, np.array([4, 5, 1, 2], np.int32)], **ms)
    raw = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], np.int32)
    case("attention_raw", "Attention", [x, w, b, raw], unidirectional=1, scale=0.3, **ms)
    full = random.integers(0, 2, (2, 5, 5)).astype(np.int32)
    case("attention_full", "Attention", [x, w, b, full, None, real(2, 2, 5, 5)], mask_filter_value=-50.0, **ms)
    case("attention_past", "Attention", [x, w, b, None, real(2, 2, 2, 3, 4)], outputs=2, unidirectional=1, **ms)
    case("attention_sizes", "Attention", [x, real(6, 20), real(20)], qkv_hidden_sizes=[8, 8, 4], **ms)
    q, k, v = real(2, 3, 8), real(2, 5, 8), real(2, 5, 6)
    case("heads", "MultiHeadAttention", [q, k, v], **ms)
    case("heads_bias", "MultiHeadAttention", [q, k, v, real(22), np.array([4, 2], np.int32)], **ms)
    padding = np.array([[1, 1, 0, 1, 1], [1, 1, 1, 0, 0]], np.int32)
    case("heads_added", "MultiHeadAttention", [q, k, v, None, padding, real(1, 2, 3, 5)], **ms)
    packed = real(2, 4, 2, 3, 4)
    parts = [packed[:, :, :, i].reshape(2, 4, 8) for i in range(3)]
    case("heads_packed", "MultiHeadAttention", [packed], like=parts, **ms)
    packed = real(2, 5, 2, 2, 4)
    parts = [q] + [packed[:, :, :, i].reshape(2, 5, 8) for i in range(2)]
    case("heads_packed_keys", "MultiHeadAttention", [q, packed], like=parts, **ms)
    case("heads_separate", "MultiHeadAttention", [q, real(2, 2, 5, 4), real(2, 2, 5, 4)], **ms)
    v = real(2, 5, 8)
    past = [real(2, 2, 3, 4), real(2, 2, 3, 4)]
    case("heads_past", "MultiHeadAttention", [v, k, v, real(24), None, None, *past], outputs=3, unidirectional=1, **ms)
    rotary = [real(8, 2), real(8, 2)]
    case("rotary_offset", "RotaryEmbedding", [real(2, 3, 8), np.array([2], np.int64), *rotary], domain="com.microsoft")
    places = random.integers(0, 8, (2, 3)).astype(np.int64)
    case("rotary_interleaved", "RotaryEmbedding", [real(2, 2, 3, 4), places, *rotary], domain="com.microsoft",
         interleaved=1)


def fused():
    ms = dict(domain="com.microsoft")
    x = real(1, 3, 6, 6)
    case("fused_conv", "FusedConv", [x, real(4, 3, 3, 3), real(4)], activation="Relu", pads=[1, 1, 1, 1], **ms)
    case("fused_conv_sum", "FusedConv", [x, real(4, 3, 3, 3), real(4), real(1, 4, 4, 4)], activation="Tanh", **ms)
    case("fused_conv_clip", "FusedConv", [x, real(4, 3, 3, 3)], activation="Clip", activation_params=[-0.2, 0.4], **ms)
    case("fused_conv_leaky", "FusedConv", [x, real(4, 3, 3, 3)], activation="LeakyRelu", activation_params=[0.2], **ms)
    case("fused_gemm", "FusedGemm", [real(3, 4), real(5, 4), real(5)], transB=1, alpha=0.5, beta=2.0,
         activation="LeakyRelu", activation_alpha=0.1, **ms)
    a, b = real(2, 1, 4, 3), real(3, 4, 5)
    case("fused_matmul", "FusedMatMul", [a, b], transA=1, alpha=0.25, **ms)
    case("fused_matmul_b", "FusedMatMul", [real(3, 4), real(2, 5, 4)], transB=1, **ms)
    case("fused_matmul_both", "FusedMatMul", [real(1, 4, 1), real(2, 5, 4)], transA=1, transB=1, **ms)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for part in (convolutions, pools, normalisations, recurrences, attentions, fused):
        part()
    print(f"{len(list(FOLDER.iterdir()))} models by onnxruntime {onnxruntime.__version__}", end="")
    print(f", of which by onnx {onnx.__version__}: {' '.join(by_reference)}")


if __name__ == "__main__":
    main()
