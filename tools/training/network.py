"""Small convolutional networks: one description, run by JAX for training and written as ONNX.

A description is `{"branches": {input: Branch}, "head": [layers]}`. Layers are `("conv", channels, kernel, stride,
padding)`, `("pool", size)`, `("flatten",)`, `("dense", units)`, `("relu",)`. The first layer of a branch is an unpadded
convolution, so that `(x - mean) / scale` folds exactly into it and the written model takes raw values.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass
class Branch:
    """One input: its shape without the batch, the normalisation folded into the first layer, and its layers."""

    shape: tuple
    mean: float
    scale: float
    layers: list


def _shape_after(shape, layer):
    kind = layer[0]
    if kind == "conv":
        _, channels, kernel, stride, padding = layer
        kernel, stride, padding = (v if isinstance(v, tuple) else (v, v) for v in (kernel, stride, padding))
        return (channels, *((shape[1 + i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)))
    if kind == "pool":
        return shape[0], shape[1] // layer[1], shape[2] // layer[1]
    if kind == "flatten":
        return (int(np.prod(shape)),)
    if kind == "dense":
        return (layer[1],)
    return shape


def initialise(net, seed):
    """He-normal weights and zero biases, as a dictionary of arrays."""
    rng = np.random.default_rng(seed)
    parameters, width = {}, 0

    def walk(prefix, shape, layers):
        for index, layer in enumerate(layers):
            if layer[0] == "conv":
                kernel = layer[2] if isinstance(layer[2], tuple) else (layer[2], layer[2])
                size = (layer[1], shape[0], *kernel)
            elif layer[0] == "dense":
                size = (layer[1], shape[0])
            if layer[0] in ("conv", "dense"):
                weight = rng.standard_normal(size) * np.sqrt(2 / np.prod(size[1:]))
                parameters[f"{prefix}{index}.weight"] = jnp.asarray(weight, jnp.float32)
                parameters[f"{prefix}{index}.bias"] = jnp.zeros(layer[1], jnp.float32)
            shape = _shape_after(shape, layer)
        return shape

    for name, branch in net["branches"].items():
        width += walk(f"{name}.", branch.shape, branch.layers)[0]
    walk("head.", (width,), net["head"])
    return parameters


def load(net, path):
    """The parameters of a network that `export` wrote to `path`, with the normalisation taken out of the first layers again."""
    parameters = {entry.name: numpy_helper.to_array(entry).astype(np.float64) for entry in onnx.load(path).graph.initializer}
    for name, branch in net["branches"].items():
        weight = parameters[f"{name}.0.weight"] * branch.scale
        parameters[f"{name}.0.bias"] = parameters[f"{name}.0.bias"] + weight.sum(axis=(1, 2, 3)) * branch.mean / branch.scale
        parameters[f"{name}.0.weight"] = weight
    return {name: jnp.asarray(value, jnp.float32) for name, value in parameters.items()}


def _run(parameters, prefix, value, layers):
    for index, layer in enumerate(layers):
        if layer[0] == "conv":
            stride, padding = (v if isinstance(v, tuple) else (v, v) for v in layer[3:5])
            value = jax.lax.conv_general_dilated(value, parameters[f"{prefix}{index}.weight"], stride,
                                                 [(padding[0],) * 2, (padding[1],) * 2],
                                                 dimension_numbers=("NCHW", "OIHW", "NCHW"))
            value = value + parameters[f"{prefix}{index}.bias"][None, :, None, None]
        elif layer[0] == "dense":
            value = value @ parameters[f"{prefix}{index}.weight"].T + parameters[f"{prefix}{index}.bias"]
        elif layer[0] == "relu":
            value = jax.nn.relu(value)
        elif layer[0] == "pool":
            window = (1, 1, layer[1], layer[1])
            value = jax.lax.reduce_window(value, -jnp.inf, jax.lax.max, window, window, "VALID")
        else:
            value = value.reshape(value.shape[0], -1)
    return value


def logits(net, parameters, inputs):
    """What the last layer gives before the sigmoid, `[batch, outputs]`; `inputs` maps names to raw values."""
    flat = [_run(parameters, f"{name}.", (inputs[name] - branch.mean) / branch.scale, branch.layers)
            for name, branch in net["branches"].items()]
    return _run(parameters, "head.", jnp.concatenate(flat, axis=1), net["head"])


def export(net, parameters, name, path):
    """Writes the network as ONNX, opset 13, batch 1, output `probability`."""
    nodes, weights, flat, inputs = [], [], [], []
    shape = None

    def constant(label, value):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), label))

    def walk(prefix, value, shape, layers, normalise=None):
        for index, layer in enumerate(layers):
            label, output = f"{prefix}{index}", f"{prefix}{index}.out"
            if layer[0] in ("conv", "dense"):
                weight = np.asarray(parameters[f"{label}.weight"], np.float64)
                bias = np.asarray(parameters[f"{label}.bias"], np.float64)
                if normalise and index == 0:
                    bias = bias - weight.sum(axis=(1, 2, 3)) * normalise.mean / normalise.scale
                    weight = weight / normalise.scale
                constant(f"{label}.weight", weight)
                constant(f"{label}.bias", bias)
            names = [value, f"{label}.weight", f"{label}.bias"]
            if layer[0] == "conv":
                kernel, stride, padding = (v if isinstance(v, tuple) else (v, v) for v in layer[2:5])
                nodes.append(helper.make_node("Conv", names, [output], label, kernel_shape=kernel, strides=stride,
                                              pads=[*padding, *padding]))
            elif layer[0] == "dense":
                nodes.append(helper.make_node("Gemm", names, [output], label, transB=1))
            elif layer[0] == "relu":
                nodes.append(helper.make_node("Relu", [value], [output], label))
            elif layer[0] == "pool":
                nodes.append(helper.make_node("MaxPool", [value], [output], label, kernel_shape=[layer[1]] * 2, strides=[layer[1]] * 2))
            else:
                nodes.append(helper.make_node("Flatten", [value], [output], label, axis=1))
            value, shape = output, _shape_after(shape, layer)
        return value, shape

    width = 0
    for label, branch in net["branches"].items():
        inputs.append(helper.make_tensor_value_info(label, TensorProto.FLOAT, [1, *branch.shape]))
        value, shape = walk(f"{label}.", label, branch.shape, branch.layers, branch)
        flat.append(value)
        width += shape[0]
    if len(flat) > 1:
        nodes.append(helper.make_node("Concat", flat, ["joined"], "joined", axis=1))
        value = "joined"
    value, shape = walk("head.", value, (width,), net["head"])
    nodes.append(helper.make_node("Sigmoid", [value], ["probability"], "probability"))
    output = helper.make_tensor_value_info("probability", TensorProto.FLOAT, [1, shape[0]])
    graph = helper.make_graph(nodes, name, inputs, [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="braid-tools")
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
