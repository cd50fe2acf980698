"""Makes Tests/InferenceTests/Quantization/Goldens: what the quantiser is tested with.

`raised/*.onnx` are models of old versions of the operators; they take nothing: their operands are parameters. Each output
`NAME` has a twin `expected NAME`, a parameter that holds ONNX Runtime's result. Where onnx.version_converter can raise a
model, the raised one's results are checked to be the same. `calibration.json` holds the ranges that NumPy and ONNX
Runtime's own calibrators choose for the values of `*.npy`, which are `float16`.

`written/` has a small network, samples for it, the file that Braid's quantiser made of both, and what ONNX Runtime computes
with either; `classes.csv` has the place of the greatest of its results for each sample. It is made where the program is given, and else left as it is.

    python tools/quantisation_goldens.py [--braid .build/release/braid]
"""

import argparse
import json
import pathlib
import shutil
import subprocess

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, version_converter

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "InferenceTests" / "Quantization" / "Goldens"
random = np.random.default_rng(11)
onnxruntime.set_default_logger_severity(4)


def real(*shape):
    return random.normal(size=shape).astype(np.float32)


def run(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, {})))


def raised(name, opset, nodes, parameters, outputs):
    """One model: `nodes` are (type, inputs, outputs, attributes)."""
    nodes = [helper.make_node(kind, inputs, results, **attributes) for kind, inputs, results, attributes in nodes]
    initial = [numpy_helper.from_array(v, n) for n, v in parameters.items()]

    def model(extra, infos):
        graph = helper.make_graph(nodes, name, [], infos, initial + extra)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)

    results = run(model([], [helper.make_value_info(n, onnx.TypeProto()) for n in outputs]))
    typed = lambda n, v: helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
    infos = [typed(n, results[n]) for n in outputs]
    try:
        other = run(version_converter.convert_version(model([], infos), 18))
        for key, value in results.items():
            np.testing.assert_allclose(other[key], value, rtol=1e-5, atol=1e-6)
        how = "the version converter agrees"
    except AssertionError:
        # The converter leaves the axis that Hardmax had in place, as if it were no matrix before, and takes the new
        # default of Resize's coordinates for the old operators.
        if name not in ("hardmax-11", "upsample-9", "upsample-7", "resize-10"):
            raise
        how = "the version converter is known to be wrong"
    except Exception as error:
        how = f"the version converter cannot: {str(error).strip().splitlines()[0][:80]}"
    print(f"{name}: {how}")
    expected = [numpy_helper.from_array(v, f"expected {k}") for k, v in results.items()]
    onnx.save(model(expected, infos + [typed(f"expected {k}", v) for k, v in results.items()]), FOLDER / "raised" / f"{name}.onnx")


def models():
    x4, x3 = {"x": real(2, 3, 4, 5)}, {"x": real(2, 6, 4)}
    for axis in (0, 1, 2, 3):
        raised(f"softmax-11-axis{axis}", 11, [("Softmax", ["x"], ["y"], {"axis": axis})], x4, ["y"])
    raised("softmax-9-default", 9, [("Softmax", ["x"], ["y"], {}), ("LogSoftmax", ["x"], ["z"], {"axis": 2})], x4, ["y", "z"])
    raised("hardmax-11", 11, [("Hardmax", ["x"], ["y"], {})], x4, ["y"])
    raised("axes-11", 11, [
        ("Unsqueeze", ["x"], ["a"], {"axes": [0, 3]}), ("Squeeze", ["a"], ["b"], {"axes": [3]}),
        ("ReduceSum", ["b"], ["c"], {"axes": [2], "keepdims": 0}), ("ReduceMean", ["b"], ["d"], {"axes": [-1]}),
        ("ReduceMax", ["b"], ["e"], {"axes": [1]})], x3, ["a", "b", "c", "d", "e"])
    raised("split-11", 11, [
        ("Split", ["x"], ["a", "b"], {"axis": 1, "split": [2, 4]}), ("Split", ["x"], ["c", "d", "e"], {"axis": 1})],
        x3, ["a", "b", "c", "d", "e"])
    raised("bounds-9", 9, [("Clip", ["x"], ["y"], {"min": -0.5, "max": 0.75}), ("Clip", ["y"], ["z"], {"max": 0.25})], x3, ["y", "z"])
    raised("pad-slice-9", 9, [
        ("Pad", ["x"], ["a"], {"pads": [0, 1, 2, 0, 0, 1], "value": 0.5}),
        ("Slice", ["a"], ["b"], {"starts": [1, 0], "ends": [5, 100], "axes": [1, 2]})], x3, ["a", "b"])
    raised("topk-9", 9, [("TopK", ["x"], ["y", "i"], {"k": 3, "axis": 1})], x3, ["y", "i"])
    raised("dropout-9", 9, [("Dropout", ["x"], ["a"], {"ratio": 0.5}), ("Relu", ["a"], ["y"], {})], x3, ["y"])
    scales = {"x": real(1, 2, 3, 4), "s": np.array([1, 1, 2, 3], np.float32)}
    raised("upsample-9", 9, [
        ("Upsample", ["x", "s"], ["y"], {"mode": "nearest"}), ("Upsample", ["x", "s"], ["z"], {"mode": "linear"})],
        scales, ["y", "z"])
    raised("upsample-7", 7, [("Upsample", ["x"], ["y"], {"scales": [1.0, 1.0, 2.0, 2.0]})], {"x": real(1, 2, 3, 4)}, ["y"])
    raised("resize-10", 10, [("Resize", ["x", "s"], ["y"], {"mode": "nearest"})], scales, ["y"])
    channels = {"x": real(2, 3, 4, 4), "scale": real(3), "b": real(3), "m": real(3), "v": np.abs(real(3)) + 0.1}
    raised("normalisation-9", 9, [
        ("BatchNormalization", ["x", "scale", "b", "m", "v"], ["y"], {"epsilon": 1e-3, "momentum": 0.9})], channels, ["y"])
    raised("normalisation-7", 7, [
        ("BatchNormalization", ["x", "scale", "b", "m", "v"], ["y"], {"spatial": 1})], channels, ["y"])
    raised("scatter-9", 9, [("Scatter", ["x", "i", "u"], ["y"], {"axis": 1})],
           {"x": real(2, 5), "i": np.array([[1, 3]], np.int64), "u": real(1, 2)}, ["y"])
    raised("layers-8", 8, [
        ("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1]}), ("Relu", ["a"], ["r"], {}),
        ("MaxPool", ["r"], ["p"], {"kernel_shape": [2, 2], "strides": [2, 2]}), ("Flatten", ["p"], ["f"], {}),
        ("Gemm", ["f", "g", "c"], ["y"], {"transB": 1}), ("Softmax", ["y"], ["z"], {})],
        {"x": real(1, 3, 6, 6), "w": real(4, 3, 3, 3), "g": real(5, 36), "c": real(5)}, ["y", "z"])


def ranges():
    """Values with the ranges that others choose for them."""
    from onnxruntime.quantization.calibrate import HistogramCollector
    cases = []
    for name, values in [
        ("half-normal", np.abs(random.normal(size=20000))), ("normal", random.normal(size=20000)),
        ("skewed", random.normal(size=20000) ** 2 - 0.3), ("heavy", random.standard_t(3, size=20000)),
        ("tails", np.concatenate([random.normal(size=19990), [40, -35, 20, 18, -60, 30, 22, 28, 31, 45]])),
        ("small", random.normal(size=20000) * 1e-2 + 2e-2)]:
        values = values.astype(np.float16).astype(np.float32)
        np.save(FOLDER / f"{name}.npy", values.astype(np.float16))
        collector = HistogramCollector("entropy", False, 2048, 255, 99.99, None)
        collector.collect({"v": [values[:10000], values[10000:]]})
        entropy = collector.compute_entropy()["v"]
        best = (np.inf, 0, 0)
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        for a in np.linspace(0.02, 1, 50) if low < 0 else [1]:
            for b in np.linspace(0.02, 1, 50) if high > 0 else [1]:
                scale = (high * b - low * a) / 255
                zero = np.clip(np.rint(-low * a / scale), 0, 255)
                stored = (np.clip(np.rint(values / scale) + zero, 0, 255) - zero) * scale
                best = min(best, (float(((stored - values) ** 2).sum()), low * a, high * b))
        cases.append({
            "name": name,
            "min_max": [float(values.min()), float(values.max())],
            "percentile_99": [float(np.percentile(values, 0.5)), float(np.percentile(values, 99.5))],
            "percentile_99.9": [float(np.percentile(values, 0.05)), float(np.percentile(values, 99.95))],
            "entropy": [float(np.ravel(e)[0]) for e in entropy][:2], "least_error": best[0]})
    (FOLDER / "calibration.json").write_text(json.dumps(cases))


def network():
    """Convolutions with all that a placement meets: sums, pooling, a depthwise layer, functions, a concatenation, a product."""
    shapes = {
        "w0": (8, 3, 3, 3), "b0": (8,), "w1": (8, 8, 3, 3), "b1": (8,), "wd": (8, 1, 3, 3), "w2": (4, 8, 1, 1), "b2": (4,),
        "w3": (10, 12, 1, 1), "wf": (10, 5), "bf": (5,)}
    parameters = {k: real(*v) / np.sqrt(max(1, np.prod(v[1:]))).astype(np.float32) for k, v in shapes.items()}
    same = {"pads": [1, 1, 1, 1]}
    nodes = [
        ("Conv", ["x", "w0", "b0"], ["c0"], same), ("Relu", ["c0"], ["r0"], {}), ("Conv", ["r0", "w1", "b1"], ["c1"], same),
        ("Add", ["c1", "r0"], ["s"], {}), ("Relu", ["s"], ["r1"], {}),
        ("MaxPool", ["r1"], ["p"], {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Conv", ["p", "wd"], ["d"], {**same, "group": 8}), ("LeakyRelu", ["d"], ["l"], {"alpha": 0.1}),
        ("Conv", ["p", "w2", "b2"], ["c2"], {}), ("Sigmoid", ["c2"], ["g"], {}), ("Mul", ["c2", "g"], ["sw"], {}),
        ("Concat", ["l", "sw"], ["cat"], {"axis": 1}), ("Conv", ["cat", "w3"], ["c3"], {}),
        ("GlobalAveragePool", ["c3"], ["a"], {}), ("Flatten", ["a"], ["f"], {}), ("MatMul", ["f", "wf"], ["mm"], {}),
        ("Add", ["mm", "bf"], ["y"], {})]
    graph = helper.make_graph(
        [helper.make_node(k, i, o, name=f"{k} {o[0]}", **a) for k, i, o, a in nodes], "network",
        [helper.make_tensor_value_info("x", 1, [1, 3, 16, 16])], [helper.make_tensor_value_info("y", 1, [1, 5])],
        [numpy_helper.from_array(v, n) for n, v in parameters.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)


def written(program):
    folder = FOLDER / "written"
    folder.mkdir(parents=True)
    onnx.save(network(), folder / "float.onnx")
    samples = (real(40, 3, 16, 16) * np.abs(real(40, 1, 1, 1)) + real(40, 1, 1, 1)).astype(np.float16).astype(np.float32)
    np.save(folder / "x.npy", samples)
    subprocess.run(
        [program, "model", "quantize", folder / "float.onnx", "--calibrate", folder / "x.npy", "--output",
         folder / "int8.onnx", "--method", "min-max", "--no-sparing", "--rounds", "1", "--rate", "0"], check=True)
    onnx.checker.check_model(onnx.load(folder / "int8.onnx"), full_check=True)
    for name in ("float", "int8"):
        session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        np.save(folder / f"{name}-y.npy", np.concatenate([session.run(None, {"x": s[None]})[0] for s in samples]))
    classes = np.load(folder / "float-y.npy").argmax(1)
    (folder / "classes.csv").write_text("index,label\n" + "".join(f"{i},{c}\n" for i, c in enumerate(classes)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--braid")
    options = parser.parse_args()
    for old in (*FOLDER.glob("*.npy"), FOLDER / "raised", *([FOLDER / "written"] if options.braid else [])):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    (FOLDER / "raised").mkdir(parents=True)
    models()
    ranges()
    if options.braid:
        written(options.braid)
