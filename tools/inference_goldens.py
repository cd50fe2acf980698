#!/usr/bin/env python3
"""Makes the small models under Tests/InferenceTests/Models and the outputs that ONNX Runtime gives for them, and for
the project's sample models and, where a folder of those is given, real ones.

    python3 -m pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.31.1
    python3 tools/inference_goldens.py [--models FOLDER]

Writes Models/*.onnx, goldens.json (what was run, on which inputs, with which versions) and goldens.bin (the outputs,
raw). Inputs are not stored: both sides draw them from the same generator, x <- x * 6364136223846793005 +
1442695040888963407 mod 2^64, of which the top bits are used. Outputs longer than 20,000 elements are stored in every
8th element. Tolerance, held by the tests: float outputs 1e-4 of the largest value; outputs of quantised models one
step of the output's scale on 99.9 % of the values.
"""
import argparse, json, os, tempfile
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "..", "Tests", "InferenceTests")
MODELS = os.path.join(TESTS, "Models")
SAMPLES = os.path.join(HERE, "..", "samples", "models")
RNG = np.random.default_rng(20261121)


def draw(seed, count):
    x, out = seed, np.empty(count, np.uint64)
    for i in range(count):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        out[i] = x
    return out


def make_input(spec):
    count = int(np.prod(spec["shape"])) if spec["shape"] else 1
    if "value" in spec:
        return np.full(spec["shape"], spec["value"], spec["type"])
    bits = draw(spec["seed"], count)
    if spec["type"] == "float32":
        unit = (bits >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)
        values = np.float32(spec["low"]) + unit * np.float32(spec["high"] - spec["low"])
    elif spec["type"] == "int8":
        values = (bits >> np.uint64(56)).astype(np.uint8).view(np.int8)
    elif spec["type"] == "uint8":
        values = (bits >> np.uint64(56)).astype(np.uint8)
    else:
        values = ((bits >> np.uint64(33)) % np.uint64(spec["high"])).astype(spec["type"])
    return values.reshape(spec["shape"])


def weight(*shape, scale=None):
    fan = np.prod(shape[1:]) if len(shape) > 1 else shape[0]
    return (RNG.standard_normal(shape) * (scale or (2 / fan) ** 0.5)).astype(np.float32)


class Net:
    """Collects nodes and parameters of one graph."""

    def __init__(self):
        self.nodes, self.parameters, self.count = [], [], 0

    def parameter(self, array):
        self.count += 1
        name = f"p{self.count}"
        self.parameters.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def __call__(self, op, *inputs, outputs=None, **attributes):
        self.count += 1
        outputs = outputs or [f"v{self.count}"]
        inputs = [i if isinstance(i, str) else self.parameter(i) for i in inputs]
        self.nodes.append(h.make_node(op, inputs, outputs, name=f"{op}_{self.count}", **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def save(self, name, inputs, outputs, opset=15):
        graph = h.make_graph(self.nodes, name, inputs, outputs, self.parameters)
        model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=8, producer_name="braid tests")
        onnx.checker.check_model(model, full_check=True)
        path = os.path.join(MODELS, name + ".onnx")
        onnx.save(model, path)
        return path


def info(name, shape, kind=T.FLOAT):
    return h.make_tensor_value_info(name, kind, shape)


def conv_net():
    n = Net()
    x = n("Conv", "x", weight(16, 3, 3, 3), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x = n("BatchNormalization", x, 1 + weight(16, scale=0.1), weight(16, scale=0.1), weight(16, scale=0.1), np.abs(weight(16, scale=0.3)) + 0.5)
    x = n("Relu", x)
    x = n("Conv", x, weight(16, 1, 3, 3), weight(16, scale=0.1), kernel_shape=[3, 3], group=16, auto_pad="SAME_UPPER", strides=[2, 2])
    x = n("Clip", x, np.float32(0), np.float32(6))
    left = n("Relu", n("Conv", x, weight(16, 16, 1, 1), weight(16, scale=0.1)))
    right = n("Conv", left, weight(16, 8, 3, 3), weight(16, scale=0.1), group=2, pads=[2, 2, 2, 2], dilations=[2, 2])
    x = n("Relu", n("Add", left, right))
    a = n("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    b = n("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x = n("Concat", a, b, axis=1)
    gate = n("Sigmoid", n("Conv", x, weight(32, 32, 1, 1), weight(32, scale=0.1)))
    x = n("Mul", x, gate)
    features = n("Flatten", n("GlobalAveragePool", x))
    logits = n("Gemm", features, weight(5, 32), weight(5, scale=0.1), transB=1)
    n("Softmax", logits, axis=-1, outputs=["scores"])
    n("Transpose", x, perm=[0, 2, 3, 1], outputs=["map"])
    return n.save("conv", [info("x", [1, 3, 34, 30])], [info("scores", [1, 5]), info("map", [1, 5, 4, 32])])


def dense_net():
    n = Net()
    x = n("Reshape", "x", np.array([0, -1], np.int64))
    x = n("Sub", x, np.full((1, 120), 0.25, np.float32))
    x = n("Relu", n("Add", n("MatMul", x, weight(120, 64)), weight(64, scale=0.1)))
    y = n("Relu", n("Gemm", x, weight(64, 48), weight(48, scale=0.1)))
    x = n("Concat", x, y, axis=1)
    x = n("Mul", x, np.full((112,), 0.5, np.float32))
    n("Sigmoid", n("Gemm", x, weight(112, 3), weight(3, scale=0.1)), outputs=["y"])
    return n.save("dense", [info("x", ["frames", 40, 3])], [info("y", ["frames", 3])])


def branch_net():
    n = Net()
    x = n("Relu", n("MatMul", "x", weight(6, 4)))
    condition = n("Greater", n("ReduceMean", "x", keepdims=0), np.float32(0.5))
    outer = n("Add", x, np.float32(1))
    then = h.make_graph([h.make_node("Mul", [outer, "x2"], ["t"]), h.make_node("Tanh", ["t"], ["then_out"])], "then", [], [info("then_out", [1, 4])])
    then.node.insert(0, h.make_node("Exp", [x], ["x2"]))
    other = h.make_graph([h.make_node("Sub", [outer, x], ["else_out"])], "else", [], [info("else_out", [1, 4])])
    n("If", condition, then_branch=then, else_branch=other, outputs=["y"])
    return n.save("branch", [info("x", [1, 6])], [info("y", [1, 4])])


def lstm_net():
    n = Net()
    h0 = n("Split", "state", axis=0, outputs=["h0", "c0"])
    n("LSTM", "x", weight(1, 32, 5, scale=0.4), weight(1, 32, 8, scale=0.4), weight(1, 64, scale=0.2), "", "h0", "c0", hidden_size=8, outputs=["y", "h1", "c1"])
    n("LSTM", "x", weight(2, 32, 5, scale=0.4), weight(2, 32, 8, scale=0.4), hidden_size=8, direction="bidirectional", outputs=["both", "", ""])
    n("Concat", "h1", "c1", axis=0, outputs=["next"])
    return n.save("lstm", [info("x", [3, 2, 5]), info("state", [2, 2, 8])], [info("y", [3, 1, 2, 8]), info("both", [3, 2, 2, 8]), info("next", [2, 2, 8])])


def operators_net():
    n, outputs = Net(), []

    def out(value, shape, kind=T.FLOAT):
        name = f"y{len(outputs)}"
        n("Identity", value, outputs=[name])
        outputs.append(info(name, shape, kind))

    i64 = lambda *v: np.array(v, np.int64)
    out(n("Slice", "x", i64(-1, 0), i64(-5, 3), i64(2, 1), i64(-2, 2)), [2, 2, 2])
    out(n("Pad", "x", i64(0, 1, 2, 0, 0, 3), mode="reflect"), [2, 5, 10])
    out(n("Pad", "x", i64(0, 1, -1, 0, 0, 1), np.float32(0.5)), [2, 5, 5])
    out(n("Pad", "x", i64(0, 1, 1, 0, 0, 1), mode="edge"), [2, 5, 7])
    out(n("Gather", "x", i64(-1, 0, 2).reshape(3, 1), axis=1), [2, 3, 1, 5])
    out(n("Where", n("Greater", "x", np.float32(0.3)), "x", n("Neg", "x")), [2, 4, 5])
    out(n("Expand", n("Slice", "x", i64(0), i64(1), i64(1)), i64(3, 1, 2, 4, 5)), [3, 1, 2, 4, 5])
    out(n("ReduceMean", "x", axes=[0, 2], keepdims=1), [1, 4, 1])
    out(n("ReduceMax", "x", axes=[-1], keepdims=0), [2, 4])
    out(n("ReduceSum", "x", i64(1), keepdims=0), [2, 5])
    out(n("Pow", n("Abs", "x"), np.float32(1.5)), [2, 4, 5])
    out(n("Erf", "x"), [2, 4, 5])
    out(n("Sqrt", n("Exp", n("LeakyRelu", "x", alpha=0.2))), [2, 4, 5])
    out(n("Log", n("Softplus", "x")), [2, 4, 5])
    out(n("HardSigmoid", "x"), [2, 4, 5])
    out(n("PRelu", "x", weight(4, 1)), [2, 4, 5])
    out(n("Max", "x", np.float32(0), weight(5)), [2, 4, 5])
    out(n("Min", "x", weight(4, 1)), [2, 4, 5])
    out(n("Div", "x", n("Reciprocal", n("Add", "x", np.float32(3)))), [2, 4, 5])
    out(n("Cast", n("Mul", "x", np.float32(9)), to=T.INT64), [2, 4, 5], T.INT64)
    out(n("Cast", n("Floor", n("Mul", "x", np.float32(9))), to=T.INT32), [2, 4, 5], T.INT32)
    out(n("LogSoftmax", "x", axis=1), [2, 4, 5])
    out(n("MatMul", "x", n("Transpose", "x", perm=[0, 2, 1])), [2, 4, 4])
    out(n("Gemm", n("Reshape", "x", i64(4, 10)), weight(4, 3), weight(10, 1), transA=1, alpha=0.5, beta=2.0), [10, 3])
    image = n("Unsqueeze", "x", i64(0))
    out(n("Resize", image, "", np.array([1, 1, 2, 2], np.float32), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"), [1, 2, 8, 10])
    out(n("MaxPool", image, kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1), [1, 2, 2, 2])
    out(n("AveragePool", image, kernel_shape=[2, 2], pads=[1, 0, 0, 1], count_include_pad=1), [1, 2, 4, 5])
    out(n("GlobalMaxPool", image), [1, 2, 1, 1])
    out(n("Conv", "x", weight(6, 4, 3), weight(6), pads=[1, 1], strides=[2]), [2, 6, 3])
    scale, zero = np.array([0.02, 0.03, 0.05, 0.01], np.float32), np.array([3, 0, -5, 7], np.int8)
    out(n("DequantizeLinear", n("QuantizeLinear", "x", scale, zero, axis=1), scale, zero, axis=1), [2, 4, 5])
    return n.save("operators", [info("x", [2, 4, 5])], outputs)


class Reader(CalibrationDataReader):
    def __init__(self, shape):
        self.batches = iter([{"x": make_input({"shape": shape, "type": "float32", "seed": 1000 + i, "low": -1, "high": 1})} for i in range(12)])

    def get_next(self):
        return next(self.batches, None)


def quantised(path, name, shape, per_channel, activation, weights, reduce_range=False):
    out = os.path.join(MODELS, name + ".onnx")
    with tempfile.TemporaryDirectory() as folder:
        prepared = os.path.join(folder, "prepared.onnx")
        ort.quantization.shape_inference.quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantize_static(prepared, out, Reader(shape), quant_format=QuantFormat.QDQ, per_channel=per_channel, activation_type=activation, weight_type=weights, reduce_range=reduce_range)


def old_net():
    """Forms of operators before version 13 of the standard's set, and parameters that are listed as inputs."""
    n = Net()
    x = n("Conv", "x", weight(4, 2, 3, 3), weight(4))
    x = n("Clip", x, min=-0.5, max=0.75)
    x = n("Slice", x, starts=[1, 0], ends=[100, -1], axes=[2, 3])
    x = n("Pad", x, pads=[0, 0, 1, 0, 0, 0, 0, 2], value=0.25)
    x = n("Unsqueeze", n("Squeeze", x, axes=[0]), axes=[0])
    n("Softmax", x, axis=1, outputs=["y"])
    graph = h.make_graph(n.nodes, "old", [info("x", [1, 2, 7, 7])] + [info(p.name, list(p.dims)) for p in n.parameters], [info("y", [1, 4, 5, 6])], n.parameters)
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 9)], ir_version=3), os.path.join(MODELS, "old.onnx"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models")
    a = parser.parse_args()
    os.makedirs(MODELS, exist_ok=True)
    conv, dense = conv_net(), dense_net()
    branch_net(), lstm_net(), operators_net(), old_net()
    quantised(conv, "conv_u8s8", [1, 3, 34, 30], True, QuantType.QUInt8, QuantType.QInt8)
    quantised(conv, "conv_u8s8_reduced", [1, 3, 34, 30], True, QuantType.QUInt8, QuantType.QInt8, reduce_range=True)
    quantised(conv, "conv_s8s8", [1, 3, 34, 30], False, QuantType.QInt8, QuantType.QInt8)
    quantised(dense, "dense_u8s8", [1, 40, 3], False, QuantType.QUInt8, QuantType.QInt8)

    x = lambda name, shape, seed, low=-1.0, high=1.0, kind="float32": {"name": name, "shape": shape, "type": kind, "seed": seed, "low": low, "high": high}
    cases = [("conv", [x("x", [1, 3, 34, 30], 1)]), ("dense", [x("x", [1, 40, 3], 2)]),
             ("branch", [x("x", [1, 6], 3, 0.5, 1.0)]), ("branch", [x("x", [1, 6], 3, 0.0, 0.5)]),
             ("lstm", [x("x", [3, 2, 5], 4), x("state", [2, 2, 8], 5)]), ("operators", [x("x", [2, 4, 5], 6)]), ("old", [x("x", [1, 2, 7, 7], 7)]),
             ("conv_u8s8", [x("x", [1, 3, 34, 30], 8)]), ("conv_u8s8_reduced", [x("x", [1, 3, 34, 30], 8)]),
             ("conv_s8s8", [x("x", [1, 3, 34, 30], 8)]), ("dense_u8s8", [x("x", [1, 40, 3], 9)])]
    samples = []
    for name in ("hit-moment", "hit-picture", "hit-sound", "speech-activity"):
        for kind in ("model", "model-int8"):
            path = os.path.join(SAMPLES, name, kind + ".onnx")
            inputs = ort.InferenceSession(path, providers=["CPUExecutionProvider"]).get_inputs()
            shapes = [[d if isinstance(d, int) else 1 for d in i.shape] for i in inputs]
            samples.append((f"{name}/{kind}", [x(i.name, shape, 40 + k) for k, (i, shape) in enumerate(zip(inputs, shapes))]))
    shared = []
    if a.models:
        bert = [x("input_ids", [1, 64], 32, 0, 1000, "int64"), {"name": "attention_mask", "shape": [1, 64], "type": "int64", "value": 1}]
        silero = [x("input", [1, 576], 20, -0.5, 0.5), x("state", [2, 1, 128], 21), {"name": "sr", "shape": [], "type": "int64", "value": 16000}]
        shared = [("ultraface_RFB-320_decoded_stripped", [x("input", [1, 3, 240, 320], 22)]), ("ultraface_RFB-320_raw_stripped", [x("input", [1, 3, 240, 320], 22)]),
                  ("ultraface_RFB-320_int8_qdq", [x("input", [1, 3, 240, 320], 22)]),
                  ("mlc_vww96_f32", [x("input_1", [1, 96, 96, 3], 23, 0.0)]), ("mlc_vww96_int8", [x("input_1_int8", [1, 96, 96, 3], 24, kind="int8")]),
                  ("mlc_vww96_int8_qdq_u8s8", [x("input_1", [1, 96, 96, 3], 23, 0.0)]),
                  ("mlc_kws_f32", [x("input_1", [1, 49, 10, 1], 25, -60.0, 60.0)]), ("mlc_kws_int8", [x("input_1", [1, 49, 10, 1], 26, kind="int8")]),
                  ("silero_vad_16k_op15", silero), ("silero_vad", silero),
                  ("micro_kws_m_static_fp32", [x("serving_default_input:0", [1, 1960], 27, 0.0, 9.0)]), ("micro_kws_m_static_qdq", [x("serving_default_input:0", [1, 1960], 27, 0.0, 9.0)]),
                  ("micro_kws_m_qdq", [x("serving_default_input:0", [1, 1960], 27, 0.0, 9.0)]),
                  ("micro_kws_m_static_qoperator", [x("serving_default_input:0", [1, 1960], 27, 0.0, 9.0)]),
                  ("fer_mini_xception", [x("image", [1, 1, 64, 64], 28)]), ("fer_mini_xception_int8_qdq", [x("image", [1, 1, 64, 64], 28)]),
                  ("yunet_n_320_320", [x("input", [1, 3, 320, 320], 29, 0.0, 255.0)]), ("oww_computer_v2", [x("inputs_0", [1, 16, 96], 30, -10.0, 10.0)]),
                  ("oww_embedding_model", [x("input_1", [1, 76, 32, 1], 31, -1.0, 5.0)]), ("oww_embedding_int8_qdq", [x("input_1", [1, 76, 32, 1], 31, -1.0, 5.0)]),
                  ("tinybert_synth_f32", bert), ("tinybert_synth_int8_qdq", bert), ("tinybert_synth_int8_dyn", bert),
                  ("gtcrn_stream_simple", [x("mix", [1, 257, 1, 2], 33), x("conv_cache", [2, 1, 16, 16, 33], 34), x("tra_cache", [2, 3, 1, 1, 16], 35),
                                           x("inter_cache", [2, 1, 33, 16], 36)])]
    blob, records = bytearray(), []
    for folder, (name, inputs) in [(MODELS, c) for c in cases] + [(SAMPLES, c) for c in samples] + [(a.models, c) for c in shared]:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        path = os.path.join(folder, name + ".onnx")
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        outputs = session.run(None, {i["name"]: make_input(i) for i in inputs})
        entries = []
        for meta, value in zip(session.get_outputs(), outputs):
            value = np.asarray(value)
            step = 8 if value.size > 20000 else 1
            stored = np.ascontiguousarray(value.ravel()[::step])
            entries.append({"name": meta.name, "type": str(value.dtype), "shape": list(value.shape), "every": step, "offset": len(blob), "bytes": stored.nbytes})
            blob += stored.tobytes()
        places = {MODELS: "Tests/InferenceTests/Models", SAMPLES: "samples/models"}
        records.append({"model": name, "own": folder in places, "folder": places.get(folder), "inputs": inputs, "outputs": entries})
    with open(os.path.join(TESTS, "goldens.bin"), "wb") as f:
        f.write(blob)
    with open(os.path.join(TESTS, "goldens.json"), "w") as f:
        json.dump({"script": "tools/inference_goldens.py", "onnx": onnx.__version__, "onnxruntime": ort.__version__, "numpy": np.__version__, "cases": records}, f, indent=1)
        f.write("\n")
    print(len(records), "cases,", len(blob), "bytes")


if __name__ == "__main__":
    main()
