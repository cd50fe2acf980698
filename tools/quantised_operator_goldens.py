#!/usr/bin/env python3
"""Write small models of the quantised operators that ONNX Runtime's quantiser leaves, with ONNX Runtime's outputs.

    python3 -m pip install -r tools/requirements.txt
    python3 tools/quantised_operator_goldens.py

Made with onnx 1.23.2 and onnxruntime 1.31.1 without graph optimisations. Each case is a folder of
Tests/InferenceTests/Models/Quantised in the ONNX standard's own layout: model.onnx and test_data_set_0/{input,output}_I.pb.
Whole-number outputs may be off by one step where ONNX Runtime rounds a product of scales of its own, or looks the result
up in a table; real ones by 1e-5 of the largest.
"""
import os
import shutil

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(__file__), "..", "Tests", "InferenceTests", "Models", "Quantised")
random = np.random.default_rng(20)


def stored(shape, kind):
    limits = np.iinfo(kind)
    return random.integers(limits.min, limits.max + 1, shape).astype(kind)


def real(value):
    return np.array(value, np.float32)


def write(name, operator, domain, operands, attributes=None, variable=(0,), outputs=1):
    """One node; operands in `variable` are inputs, the others constants, None is absent."""
    inputs, constants, names = [], [], []
    for index, operand in enumerate(operands):
        if operand is None:
            names.append("")
            continue
        names.append(f"i{index}")
        if index in variable:
            inputs.append((f"i{index}", operand))
        else:
            constants.append(numpy_helper.from_array(np.asarray(operand), f"i{index}"))
    node = helper.make_node(operator, names, [f"o{i}" for i in range(outputs)], domain=domain, **(attributes or {}))
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs],
        [onnx.ValueInfoProto(name=f"o{i}") for i in range(outputs)],
        constants,
    )
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="braid tests")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results = session.run(None, dict(inputs))
    data = os.path.join(OUT, name, "test_data_set_0")
    os.makedirs(data)
    onnx.save(model, os.path.join(OUT, name, "model.onnx"))
    for kind, values in (("input", inputs), ("output", [(f"o{i}", r) for i, r in enumerate(results)])):
        for index, (label, value) in enumerate(values):
            with open(os.path.join(data, f"{kind}_{index}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(value, label).SerializeToString())
    print(name, [r.shape for r in results])


def pair(name, operator, left, right):
    zero = left.dtype.type
    write(
        name, operator, "com.microsoft",
        [left, real(0.021), zero(3), right, real(0.013), zero(7), real(0.03), zero(5)], variable=(0, 3),
    )


def single(name, operator, x, attributes=None, scale=0.02, target=0.004, zero=9, target_zero=0):
    kind = x.dtype.type
    write(name, operator, "com.microsoft", [x, real(scale), kind(zero), real(target), kind(target_zero)], attributes)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    pair("add_uint8", "QLinearAdd", stored((2, 3, 5), np.uint8), stored((3, 1), np.uint8))
    pair("add_int8", "QLinearAdd", stored((4, 6), np.int8), stored((4, 6), np.int8))
    pair("mul_uint8", "QLinearMul", stored((2, 3, 5), np.uint8), stored((5,), np.uint8))
    pair("mul_int8", "QLinearMul", stored((4, 6), np.int8), stored((1,), np.int8))
    single("sigmoid_uint8", "QLinearSigmoid", stored((3, 40), np.uint8), zero=120)
    single("sigmoid_int8", "QLinearSigmoid", stored((3, 40), np.int8), zero=-5, target_zero=-128)
    single("leaky_relu_int8", "QLinearLeakyRelu", stored((3, 40), np.int8), {"alpha": 0.1}, target=0.03, zero=4)
    single("softmax_uint8", "QLinearSoftmax", stored((2, 3, 10), np.uint8), {"axis": -1, "opset": 13}, scale=0.05)
    single("softmax_flat", "QLinearSoftmax", stored((2, 3, 10), np.uint8), {"axis": 1, "opset": 11}, scale=0.05)
    window = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    single("average_pool", "QLinearAveragePool", stored((1, 3, 8, 7), np.uint8), window, target=0.025, target_zero=11)
    last = dict(window, channels_last=1)
    single("average_pool_last", "QLinearAveragePool", stored((1, 8, 7, 3), np.uint8), last, target=0.025, target_zero=11)
    single("global_pool", "QLinearGlobalAveragePool", stored((2, 5, 6, 7), np.uint8), {"channels_last": 0}, target=0.01)
    single("global_pool_last", "QLinearGlobalAveragePool", stored((2, 6, 7, 5), np.int8), {"channels_last": 1}, target=0.01)
    write(
        "concat", "QLinearConcat", "com.microsoft",
        [
            real(0.03), np.uint8(4), stored((2, 3), np.uint8), real(0.02), np.uint8(9), stored((2, 4), np.uint8),
            real(0.05), np.uint8(0),
        ],
        {"axis": 1}, variable=(2, 5),
    )
    scales = random.uniform(0.001, 0.01, 6).astype(np.float32)
    bias = random.integers(-9000, 9000, 6).astype(np.int32)
    gemm = [stored((3, 20), np.uint8), real(0.02), np.uint8(100), stored((6, 20), np.int8), scales, np.zeros(6, np.int8), bias]
    write("gemm_channels", "QGemm", "com.microsoft", gemm + [real(0.02), np.uint8(128)], {"transB": 1})
    write("gemm_real", "QGemm", "com.microsoft", gemm, {"transB": 1, "alpha": 0.5})
    a, b = random.normal(size=(2, 5, 16)).astype(np.float32), stored((16, 7), np.int8)
    shift = random.normal(size=7).astype(np.float32)
    write("dynamic_product", "DynamicQuantizeMatMul", "com.microsoft", [a, b, real(0.01), np.int8(3), shift])
    channels = random.uniform(0.001, 0.01, 7).astype(np.float32)
    write("dynamic_product_channels", "DynamicQuantizeMatMul", "com.microsoft", [a, b, channels, None, None])
    write(
        "integer_product", "MatMulIntegerToFloat", "com.microsoft",
        [stored((4, 16), np.uint8), b, real(0.02), channels, np.uint8(77), np.zeros(7, np.int8), shift],
    )
    filters, filter_scales = stored((4, 3, 3, 3), np.int8), random.uniform(0.001, 0.01, 4).astype(np.float32)
    write(
        "conv_channels", "QLinearConv", "",
        [
            stored((1, 3, 9, 8), np.uint8), real(0.02), np.uint8(120), filters, filter_scales, np.zeros(4, np.int8),
            real(0.05), np.uint8(128), random.integers(-3000, 3000, 4).astype(np.int32),
        ],
        {"pads": [1, 1, 1, 1], "strides": [2, 2]},
    )
    write(
        "matmul_columns", "QLinearMatMul", "",
        [stored((5, 16), np.uint8), real(0.02), np.uint8(90), b, channels, np.zeros(7, np.int8), real(0.1), np.uint8(128)],
    )
    write(
        "conv_integer_groups", "ConvInteger", "",
        [stored((2, 4, 7, 6), np.uint8), stored((6, 2, 3, 3), np.uint8), np.uint8(131), np.uint8(17)],
        {"pads": [1, 0, 1, 2], "strides": [1, 2], "dilations": [2, 1], "group": 2},
    )
    wide = random.normal(scale=3000, size=(3, 4)).astype(np.float32)
    write("quantise_int16", "QuantizeLinear", "com.microsoft", [wide, real(0.3), np.int16(-50)])
    write(
        "dequantise_uint16", "DequantizeLinear", "com.microsoft",
        [stored((3, 4), np.uint16), random.uniform(0.1, 1, 4).astype(np.float32), stored(4, np.uint16)], {"axis": 1},
    )


if __name__ == "__main__":
    main()
