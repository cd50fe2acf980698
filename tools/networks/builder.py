"""Writes an ONNX graph node by node."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Builder:
    """A graph under construction; every method adds nodes and returns the name of what they compute."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self.channels = {}
        self._count = 0

    def name(self, stem):
        self._count += 1
        return f"{stem}_{self._count}"

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        if len(shape) == 4:
            self.channels[name] = shape[1]
        return name

    def output(self, value, name, shape, kind=TensorProto.FLOAT):
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, array, stem="constant"):
        name = self.name(stem)
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, kind, inputs, results=1, **attributes):
        names = [self.name(kind.lower()) for _ in range(results)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=self.name(f"node_{kind}"), **attributes))
        return names[0] if results == 1 else names

    def conv(self, x, channels, kernel=1, stride=1, groups=1, gain=2.0, bias=0.1):
        """A convolution with "same" padding whose batch normalisation is folded, as exporters leave it.

        With `gain` the mean square of the result over that of the input, before an activation takes its part: 2 for what
        a ReLU halves, 1 for a linear one.
        """
        taken = self.channels[x] // groups
        deviation = np.sqrt(gain / (taken * kernel * kernel))
        weights = self.random.normal(0, deviation, (channels, taken, kernel, kernel)).astype(np.float32)
        shift = self.random.normal(0, bias, channels).astype(np.float32)
        y = self.node(
            "Conv", [x, self.constant(weights, "weight"), self.constant(shift, "bias")], kernel_shape=[kernel] * 2,
            strides=[stride] * 2, pads=[kernel // 2] * 4, dilations=[1, 1], group=groups)
        self.channels[y] = channels
        return y

    def like(self, y, x):
        """Notes that `y` has as many channels as `x`."""
        self.channels[y] = self.channels[x]
        return y

    def relu(self, x):
        return self.like(self.node("Relu", [x]), x)

    def relu6(self, x):
        low, high = self.constant(np.float32(0)), self.constant(np.float32(6))
        return self.like(self.node("Clip", [x, low, high]), x)

    def silu(self, x):
        return self.like(self.node("Mul", [x, self.node("Sigmoid", [x])]), x)

    def add(self, a, b):
        return self.like(self.node("Add", [a, b]), a)

    def concat(self, parts):
        y = self.node("Concat", parts, axis=1)
        self.channels[y] = sum(self.channels[part] for part in parts)
        return y

    def linear(self, x, taken, given, gain=1.0):
        weights = self.random.normal(0, np.sqrt(gain / taken), (taken, given)).astype(np.float32)
        shift = self.random.normal(0, 0.02, given).astype(np.float32)
        return self.node("Add", [self.constant(shift, "bias"), self.node("MatMul", [x, self.constant(weights, "weight")])])

    def model(self, name, opset=13):
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.initializers)
        model = helper.make_model(
            graph, producer_name="braid tools/make_benchmark_models.py", ir_version=8,
            opset_imports=[helper.make_opsetid("", opset)])
        onnx.checker.check_model(model)
        return onnx.shape_inference.infer_shapes(model)
