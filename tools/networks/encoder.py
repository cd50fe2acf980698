"""A text encoder of the BERT family (Devlin et al. 2018): 6 layers, hidden 384, 12 heads, as exporters of opset 14 write it.

Layer normalisation and GELU are spelled out in plain operators, the mask becomes an addend of the scores.
"""
import numpy as np
from onnx import TensorProto

from .builder import Builder


def normalised(b, x, hidden):
    centred = b.node("Sub", [x, b.node("ReduceMean", [x], axes=[-1])])
    square = b.node("Pow", [centred, b.constant(np.float32(2))])
    variance = b.node("ReduceMean", [square], axes=[-1])
    deviation = b.node("Sqrt", [b.node("Add", [variance, b.constant(np.float32(1e-12))])])
    scale = b.constant(b.random.normal(1, 0.05, hidden).astype(np.float32), "gamma")
    shift = b.constant(b.random.normal(0, 0.05, hidden).astype(np.float32), "beta")
    return b.node("Add", [b.node("Mul", [b.node("Div", [centred, deviation]), scale]), shift])


def gelu(b, x):
    root = b.constant(np.float32(np.sqrt(2)))
    half = b.node("Add", [b.node("Erf", [b.node("Div", [x, root])]), b.constant(np.float32(1))])
    return b.node("Mul", [b.node("Mul", [x, half]), b.constant(np.float32(0.5))])


def attention(b, x, mask, length, hidden, heads):
    size = hidden // heads
    apart = b.constant(np.array([1, length, heads, size], np.int64))

    def split(permutation):
        return b.node("Transpose", [b.node("Reshape", [b.linear(x, hidden, hidden), apart])], perm=permutation)

    query, key, value = split([0, 2, 1, 3]), split([0, 2, 3, 1]), split([0, 2, 1, 3])
    scores = b.node("Div", [b.node("MatMul", [query, key]), b.constant(np.float32(np.sqrt(size)))])
    weights = b.node("Softmax", [b.node("Add", [scores, mask])], axis=-1)
    mixed = b.node("Transpose", [b.node("MatMul", [weights, value])], perm=[0, 2, 1, 3])
    joined = b.node("Reshape", [mixed, b.constant(np.array([1, length, hidden], np.int64))])
    return b.linear(joined, hidden, hidden)


def encoder(layers=6, hidden=384, heads=12, length=128, vocabulary=30522):
    b = Builder(seed=6)
    tokens = b.input("input_ids", [1, length], TensorProto.INT64)
    attended = b.input("attention_mask", [1, length], TensorProto.INT64)
    kinds = b.input("token_type_ids", [1, length], TensorProto.INT64)

    def table(rows):
        return b.constant(b.random.normal(0, 0.5, (rows, hidden)).astype(np.float32), "table")

    places = table(512)
    x = b.node("Add", [b.node("Gather", [table(vocabulary), tokens]), b.node("Gather", [table(2), kinds])])
    x = b.node("Add", [x, b.node("Gather", [places, b.constant(np.arange(length, dtype=np.int64)[None])])])
    x = normalised(b, x, hidden)
    mask = b.node("Cast", [b.node("Unsqueeze", [attended, b.constant(np.array([1, 2], np.int64))])], to=TensorProto.FLOAT)
    mask = b.node("Mul", [b.node("Sub", [b.constant(np.float32(1)), mask]), b.constant(np.float32(-10000))])
    for _ in range(layers):
        x = normalised(b, b.node("Add", [attention(b, x, mask, length, hidden, heads), x]), hidden)
        inner = gelu(b, b.linear(x, hidden, 4 * hidden))
        x = normalised(b, b.node("Add", [b.linear(inner, 4 * hidden, hidden), x]), hidden)
    b.output(x, "last_hidden_state", [1, length, hidden])
    return b.model("encoder", opset=14)
