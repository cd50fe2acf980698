#!/usr/bin/env python3
"""Make the larger models of the inference benchmark, with random weights, in float and in int8.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/make_benchmark_models.py [--output .build/benchmark-models] [NAME ...]

NAME is resnet50, mobilenetv2, detector or bert; all without one. Each is written as NAME_f32.onnx and, quantised by ONNX
Runtime's own quantiser after its own pre-processing, as NAME_int8_qdq.onnx: static, u8 activations, s8 weights per
channel, calibrated on random pictures or tokens. bert also comes dynamically quantised: bert_int8_dyn.onnx. Of each a line
says how large its outputs are and how close int8 stays to float, so that vanished or exploded activations would show.
"""
import argparse
import os
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_dynamic, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

from networks.classifiers import mobilenet_v2, resnet50
from networks.detector import detector
from networks.encoder import encoder

MODELS = {"resnet50": resnet50, "mobilenetv2": mobilenet_v2, "detector": detector, "bert": encoder}
PREFIX = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".build/benchmark-models")


def picture(random, shape):
    """Smooth noise in 0...1: what a camera gives has neighbours that are alike."""
    small = random.random((shape[0], shape[1], shape[2] // 16, shape[3] // 16))
    large = np.repeat(np.repeat(small, 16, axis=2), 16, axis=3)
    return (0.8 * large + 0.2 * random.random(shape)).astype(np.float32)


def feeds(model, random):
    result = {}
    for value in model.graph.input:
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
        if value.type.tensor_type.elem_type == onnx.TensorProto.INT64:
            if value.name == "input_ids":
                result[value.name] = random.integers(0, 30522, shape)
            else:
                result[value.name] = np.full(shape, int(value.name == "attention_mask"), np.int64)
        else:
            result[value.name] = picture(random, shape)
    return result


class Reader(CalibrationDataReader):
    def __init__(self, model, count):
        random = np.random.default_rng(1)
        self.items = iter([feeds(model, random) for _ in range(count)])

    def get_next(self):
        return next(self.items, None)


def outputs(path, model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds(model, np.random.default_rng(7)))


def make(name, folder):
    model = MODELS[name]()
    full = os.path.join(folder, f"{name}_f32.onnx")
    onnx.save(model, full)
    made = [full]
    with tempfile.TemporaryDirectory() as scratch:
        prepared = os.path.join(scratch, "prepared.onnx")
        quant_pre_process(full, prepared)
        static = os.path.join(folder, f"{name}_int8_qdq.onnx")
        kinds = ["MatMul", "Gemm"] if name == "bert" else None
        quantize_static(
            prepared, static, Reader(model, 8), quant_format=QuantFormat.QDQ, op_types_to_quantize=kinds,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax)
        made.append(static)
        if name == "bert":
            dynamic = os.path.join(folder, f"{name}_int8_dyn.onnx")
            quantize_dynamic(prepared, dynamic, per_channel=True, weight_type=QuantType.QInt8)
            made.append(dynamic)
    reference = np.concatenate([o.ravel() for o in outputs(full, model)])
    for path in made:
        values = np.concatenate([o.ravel() for o in outputs(path, model)])
        cosine = values @ reference / (np.linalg.norm(values) * np.linalg.norm(reference))
        print(f"{path}: deviation {values.std():.4g}, cosine with float {cosine:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default=PREFIX)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODELS)}")
    options = parser.parse_args()
    for name in options.names:
        if name not in MODELS:
            parser.error(f"{name} is not one of {', '.join(MODELS)}")
    os.makedirs(options.output, exist_ok=True)
    for name in options.names or MODELS:
        make(name, options.output)


if __name__ == "__main__":
    main()
