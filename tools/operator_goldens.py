#!/usr/bin/env python3
"""Makes the models under Tests/InferenceTests/Operators: for each family of operators one of many nodes on shared
inputs, and one without nodes that holds those inputs and the outputs expected.

    python3 -m pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.31.1
    python3 tools/operator_goldens.py

Each node is computed alone, by ONNX Runtime where it has the operator for the type, else by the standard's own
reference in NumPy, and where neither computes in double precision by the formula. Tolerance, held by the tests: float32 2e-5 of the value plus 2e-6, float64 1e-9 plus 1e-12, whole
numbers and booleans exact.
"""
import math, os
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper
from onnx.reference import ReferenceEvaluator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "InferenceTests", "Operators")
OPSET = 24
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
REAL = ["float32", "float64"]
ort.set_default_logger_severity(4)
erf = np.vectorize(math.erf)
FORMULAS = {
    "Erf": erf,
    "Gelu": lambda x: x / 2 * (1 + erf(x / np.sqrt(2))),
    "Gelu tanh": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "HardSwish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "Shrink": lambda x: np.where(x < -1.5, x + 0.5, np.where(x > 1.5, x - 0.5, 0)),
}


def formula(op, kind):
    return FORMULAS.get(op) if kind == "float64" else None


class Family:
    def __init__(self, name, opset=OPSET):
        self.name, self.opset = name, opset
        self.rng = np.random.default_rng(sum(map(ord, name)))
        self.inputs, self.constants, self.nodes, self.expected, self.sources = {}, {}, [], {}, {"onnxruntime": 0, "reference": 0, "formula": 0}

    def input(self, value):
        value = np.asarray(value)
        for name, known in self.inputs.items():
            if known.dtype == value.dtype and known.shape == value.shape and known.tobytes() == value.tobytes():
                return name
        name = f"x{len(self.inputs)}"
        self.inputs[name] = value
        return name

    def real(self, *shape, low=-2.0, high=2.0, kind="float32"):
        return self.rng.uniform(low, high, shape).astype(kind)

    def whole(self, kind, *shape, low=None, high=None):
        info = np.iinfo(kind)
        return self.rng.integers(info.min if low is None else low, info.max if high is None else high, shape, kind, endpoint=True)

    def constant(self, *values, shape=None):
        """The name of a parameter of whole numbers, for axes and the like, which shapes depend on."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array(values, np.int64).reshape([len(values)] if shape is None else shape)
        return name

    def __call__(self, op, *operands, outputs=1, domain="", exact=False, formula=None, **attributes):
        """Adds a node; `exact` where ONNX Runtime computes whole numbers in single precision, `formula` where both
        compute double precision so."""
        names = ["" if v is None else v if isinstance(v, str) else self.input(v) for v in operands]
        results = [f"y{len(self.expected) + i}" for i in range(outputs)]
        node = h.make_node(op, names, results, domain=domain, **attributes)
        feed = {n: self.inputs[n] for n in names if n in self.inputs}
        model = self.model([node], results, feed, self.parameters(names))
        try:
            if exact or formula:
                raise NotImplementedError
            values = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feed)
            self.sources["onnxruntime"] += 1
        except Exception:
            with np.errstate(all="ignore"):
                values = [formula(operands[0])] if formula else ReferenceEvaluator(model).run(None, feed)
            self.sources["formula" if formula else "reference"] += 1
        self.nodes.append(node)
        for name, value in zip(results, values):
            self.expected[name] = np.asarray(value)

    def parameters(self, names):
        return [numpy_helper.from_array(v, n) for n, v in self.constants.items() if n in names]

    def model(self, nodes, results, inputs, initialisers=()):
        def info(name, value=None):
            if value is None:
                return onnx.ValueInfoProto(name=name)
            return h.make_tensor_value_info(name, h.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        graph = h.make_graph(nodes, self.name, [info(n, v) for n, v in inputs.items()], [info(n, self.expected.get(n)) for n in results], initialisers)
        return h.make_model(graph, opset_imports=[h.make_opsetid("", self.opset), h.make_opsetid("com.microsoft", 1)], ir_version=10)

    def save(self):
        onnx.save(self.model(self.nodes, list(self.expected), self.inputs, self.parameters(self.constants)), os.path.join(FOLDER, f"{self.name}.onnx"))
        values = {**self.inputs, **self.expected}
        tensors = [numpy_helper.from_array(np.ascontiguousarray(v).reshape(v.shape), n) for n, v in values.items()]
        onnx.save(self.model([], list(values), {}, tensors), os.path.join(FOLDER, f"{self.name}_values.onnx"))
        print(self.name, len(self.nodes), "nodes", self.sources)


def mathematics():
    f = Family("mathematics")
    for kind in REAL:
        x = f.real(3, 7, kind=kind)
        unit, above = f.real(3, 7, low=-0.95, high=0.95, kind=kind), f.real(3, 7, low=1.01, high=5, kind=kind)
        for op in ["Abs", "Neg", "Sign", "Ceil", "Floor", "Round", "Cos", "Sin", "Tan", "Sinh", "Cosh", "Asinh", "Atan", "Tanh", "Erf", "Exp", "Reciprocal"]:
            f(op, x, formula=formula(op, kind))
        for op in ["Acos", "Asin", "Atanh"]:
            f(op, unit)
        for op in ["Acosh", "Log", "Sqrt"]:
            f(op, above)
        ties = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997], kind)
        f("Round", ties)
        odd = np.array([0.0, np.inf, -np.inf, np.nan, 1.0], kind)
        for op in ["IsNaN", "IsInf", "Abs", "Sign", "Floor"]:
            f(op, odd)
        f("IsInf", odd, detect_positive=0)
        f("IsInf", odd, detect_negative=0)
    for kind in WHOLE:
        f("Abs", f.whole(kind, 9))
        f("Sign", f.whole(kind, 9))
        f("BitwiseNot", f.whole(kind, 9))
        if kind.startswith("int"):
            f("Neg", f.whole(kind, 9))
    f("Not", np.array([[True, False], [False, True]]))
    f.save()


def activation():
    f = Family("activation")
    for kind in REAL:
        x = f.real(4, 9, low=-5, high=5, kind=kind)
        for op in ["Relu", "LeakyRelu", "Elu", "Celu", "Selu", "Gelu", "HardSigmoid", "HardSwish", "Mish", "Softplus", "Softsign", "ThresholdedRelu", "Sigmoid", "Swish"]:
            f(op, x, formula=formula(op, kind))
        f("LeakyRelu", x, alpha=0.3)
        f("Elu", x, alpha=0.7)
        f("Celu", x, alpha=2.5)
        f("Selu", x, alpha=1.2, gamma=0.8)
        f("Gelu", x, approximate="tanh", formula=formula("Gelu tanh", kind))
        f("HardSigmoid", x, alpha=0.4, beta=0.3)
        f("ThresholdedRelu", x, alpha=2.0)
        f("Swish", x, alpha=1.5)
        f("Shrink", x, lambd=1.5, bias=0.5, formula=formula("Shrink", kind))
        f("PRelu", x, f.real(9, kind=kind))
        f("PRelu", x, f.real(4, 1, kind=kind))
        f("Clip", x, np.array(-1, kind), np.array(2.5, kind))
        f("Clip", x, None, np.array(0.5, kind))
        f("Clip", x, np.array(2, kind), np.array(-2, kind))
        f("Softplus", np.array([-100, 100, 0], kind))
        f("Sigmoid", np.array([-100, 100, 0], kind))
    for kind in WHOLE:
        f("Clip", f.whole(kind, 12), np.array(3, kind), np.array(100, kind))
    f("Relu", f.whole("int32", 9))
    x = f.real(3, 8, low=-4, high=4)
    f("Gelu", x, domain="com.microsoft")
    f("QuickGelu", x, domain="com.microsoft")
    f("QuickGelu", x, domain="com.microsoft", alpha=1.1)
    f("FastGelu", x, domain="com.microsoft")
    f("FastGelu", x, f.real(8), domain="com.microsoft")
    f("BiasGelu", x, f.real(8), domain="com.microsoft")
    f.save()


def arithmetic():
    f = Family("arithmetic")
    shapes = [((3, 4), (3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 5)), ((2, 1, 4), (3, 1)), ((), (2, 3)), ((5,), ())]
    for kind in REAL + WHOLE:
        for a, b in shapes if kind in ("float32", "int32") else shapes[1:3]:
            if kind in REAL:
                x, y = f.real(*a, kind=kind), f.real(*b, low=0.5, kind=kind)
            else:
                x, y = f.whole(kind, *a), np.maximum(f.whole(kind, *b), 1).astype(kind)
            for op in ["Add", "Sub", "Mul", "Div", "Max", "Min"]:
                f(op, x, y)
        x, y = (f.real(2, 6, kind=kind), f.real(6, low=0.3, kind=kind)) if kind in REAL else (f.whole(kind, 2, 6), f.whole(kind, 6, low=1))
        f("Mod", x, y, fmod=1, exact=kind in WHOLE)
        if kind in WHOLE:
            f("Mod", x, y)
            f("Mod", x, np.where(np.arange(6) % 2, y, (0 - y.astype(object) if kind.startswith("int") else y)).astype(kind))
    for kind in REAL:
        x = f.real(2, 5, low=0.1, kind=kind)
        f("Pow", x, f.real(5, kind=kind))
        for other in ["int32", "int64", "float32"]:
            f("Pow", x, np.array([0, 1, 2, 3, 4], other))
        f("Sum", x, f.real(5, kind=kind), f.real(2, 1, kind=kind))
        f("Mean", x, f.real(5, kind=kind), f.real(2, 1, kind=kind))
        f("Max", x, f.real(5, kind=kind), f.real(2, 1, kind=kind))
        f("Min", x, f.real(5, kind=kind), f.real(2, 1, kind=kind))
        f("Max", np.array([np.nan, 1, 2], kind), np.array([0, np.nan, 3], kind))
        f("Min", np.array([np.nan, 1, 2], kind), np.array([0, np.nan, 3], kind))
    for kind in ["int32", "int64"]:
        f("Pow", f.whole(kind, 6, low=-9, high=9), np.array([0, 1, 2, 3, 5, 7], kind))
        f("Pow", f.whole(kind, 6, low=-9, high=9), np.array([0, 1, 2, 3, 1, 2], "float32"))
    f.save()


def comparison():
    f = Family("comparison")
    for kind in REAL + WHOLE:
        x, y = (f.real(3, 4, kind=kind), f.real(4, kind=kind)) if kind in REAL else (f.whole(kind, 3, 4), f.whole(kind, 4))
        x[1] = y
        for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
            f(op, x, y)
        f("Where", np.array([[True], [False], [True]]), x, y)
    f("Less", np.array([np.nan, 1, -np.inf], np.float32), np.array([1, np.nan, np.inf], np.float32))
    a, b = np.array([[True, False, True, False]]), np.array([[True], [False]])
    for op in ["And", "Or", "Xor", "Equal"]:
        f(op, a, b)
    for kind in WHOLE:
        x, y = f.whole(kind, 3, 4), f.whole(kind, 4)
        for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
            f(op, x, y)
        if kind.startswith("uint"):
            bits = np.iinfo(kind).bits
            shift = np.array([0, 1, bits // 2, bits - 1], kind)
            f("BitShift", x, shift, direction="LEFT")
            f("BitShift", x, shift, direction="RIGHT")
    f.save()


def reduction():
    f = Family("reduction")
    i64 = f.constant
    ops = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"]
    for kind in REAL:
        x = f.real(3, 4, 2, 5, low=0.2, kind=kind)
        for op in ops:
            for axes in [(), (1,), (-1,), (0, 2), (1, 3), (0, 1, 2, 3)]:
                f(op, x, *([i64(*axes)] if axes else []), keepdims=int(len(axes) != 2))
        f("ReduceSum", x, i64(), noop_with_empty_axes=1)
        f("ReduceLogSumExp", np.array([[1000, 1001], [-1000, -1002]], kind), i64(1))
        if kind == "float32":  # neither of the two has it for the other
            f("MeanVarianceNormalization", f.real(2, 3, 4, 5))
            f("MeanVarianceNormalization", x, axes=[1, 3])
        for op in ["Softmax", "LogSoftmax", "Hardmax"]:
            for axis in [-1, 0, 2]:
                f(op, x * 3, axis=axis)
        f("CumSum", x, i64(2, shape=()))
        f("CumSum", x, i64(-3, shape=()), exclusive=1)
        f("CumSum", x, i64(0, shape=()), exclusive=1, reverse=1)
    for kind in ["int32", "int64"]:
        x = f.whole(kind, 3, 4, 2, low=-9, high=9)
        for op in ["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceSumSquare"]:
            f(op, x, i64(1))
        f("CumSum", x, i64(1, shape=()), reverse=1)
    for kind in ["int8", "uint8"]:
        f("ReduceMax", f.whole(kind, 4, 5), i64(0))
        f("ReduceMin", f.whole(kind, 4, 5), i64(1))
    f.save()


def order():
    f = Family("order")
    i64 = f.constant
    for kind in REAL + ["int32", "int64", "int8", "uint8"]:
        x = f.real(3, 6, 4, kind=kind) if kind in REAL else f.whole(kind, 3, 6, 4, low=0, high=5)
        for op in ["ArgMax", "ArgMin"]:
            f(op, x, axis=1)
            f(op, x, axis=-1, keepdims=0, select_last_index=1)
        if kind in REAL + ["int32", "int64"]:
            for k, axis, largest in [(1, 0, 1), (4, 1, 1), (6, 1, 0), (3, -1, 0)]:
                f("TopK", x, i64(k), outputs=2, axis=axis, largest=largest)
    f.save()


def product():
    f = Family("product")
    for kind in REAL + ["int32", "int64", "uint32", "uint64"]:
        make = (lambda *s: f.real(*s, kind=kind)) if kind in REAL else (lambda *s: f.whole(kind, *s, low=0, high=1000))
        for a, b in [((3, 5), (5, 4)), ((5,), (5, 4)), ((3, 5), (5,)), ((5,), (5,)), ((2, 1, 3, 5), (4, 5, 2)), ((2, 3, 5), (2, 5, 33)), ((4, 0), (0, 3))]:
            f("MatMul", make(*a), make(*b))
    for kind in REAL:
        f("Gemm", f.real(3, 5, kind=kind), f.real(5, 4, kind=kind), f.real(4, kind=kind))
        f("Gemm", f.real(5, 3, kind=kind), f.real(4, 5, kind=kind), f.real(3, 1, kind=kind), transA=1, transB=1, alpha=0.5, beta=1.5)
        f("Gemm", f.real(3, 5, kind=kind), f.real(4, 5, kind=kind), transB=1)
        for equation, shapes in [("ij,jk->ik", [(3, 4), (4, 5)]), ("bij,bkj->bik", [(2, 3, 4), (2, 5, 4)]), ("ij->ji", [(3, 4)]), ("ii->i", [(4, 4)]), ("ii", [(4, 4)]),
                                 ("...ij,...jk->...ik", [(2, 3, 4), (4, 5)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]), ("ij,ij,i", [(2, 3), (2, 3), (2,)]),
                                 ("bqhd,bkhd->bhqk", [(2, 3, 2, 4), (2, 5, 2, 4)]), ("i,j->ij", [(3,), (4,)]), ("ba,cb", [(2, 3), (4, 2)]), ("a...->...a", [(2, 3, 4)]), ("abc->b", [(2, 3, 4)])]:
            f("Einsum", *[f.real(*s, kind=kind) for s in shapes], equation=equation)
        f("Det", f.real(2, 4, 4, kind=kind))
        f("Det", np.array([[0, 1], [1, 0]], kind))
    f.save()


def loss():
    f = Family("loss")
    for kind in REAL:
        for shape in [(4, 5), (3, 5, 2), (2, 4, 3, 2)]:
            x, target = f.real(*shape, kind=kind), f.whole("int64", shape[0], *shape[2:], low=0, high=shape[1] - 1)
            weight = f.real(shape[1], low=0.1, kind=kind)
            for reduction in ["none", "sum", "mean"]:
                f("NegativeLogLikelihoodLoss", x, target, reduction=reduction)
                f("NegativeLogLikelihoodLoss", x, target, weight, reduction=reduction, ignore_index=2)
                f("SoftmaxCrossEntropyLoss", x, target, outputs=2, reduction=reduction)
                f("SoftmaxCrossEntropyLoss", x, target.astype(np.int32), weight, outputs=2, reduction=reduction, ignore_index=1)
    f.save()


def older():
    """Forms of the standard's versions 7 to 12."""
    f = Family("older", 9)
    x = f.real(2, 3, 4)
    for axis in [0, 1, 2]:
        for op in ["Softmax", "LogSoftmax", "Hardmax"]:
            f(op, x, axis=axis)
    f("Softmax", x)
    f("Clip", x, min=-0.5, max=0.75)
    f("TopK", x, outputs=2, k=2, axis=1)
    f("ReduceSum", x, axes=[1], keepdims=0)
    f("ReduceMean", x)
    f("Dropout", x, ratio=0.7)
    f("PRelu", x, f.real(4))
    f("Gemm", f.real(2, 3), f.real(3, 4), f.real(2, 4))
    f.save()


def random():
    """Uniform numbers and dropout as NumPy's seeded generator gives them."""
    f = Family("random")
    for kind, number in [("float32", T.FLOAT), ("float64", T.DOUBLE)]:
        for seed in [0, 7, 4_000_000]:
            f.nodes.append(h.make_node("RandomUniform", [], [f"y{len(f.expected)}"], dtype=number, shape=[700], seed=float(seed), low=-1.0, high=3.0))
            f.expected[f"y{len(f.expected)}"] = (-1 + 4 * np.random.RandomState(seed).random_sample(700)).astype(kind)
        x = f.real(5, 9, kind=kind)
        f.nodes.append(h.make_node("Dropout", [f.input(x), f.input(np.array(0.3, kind)), f.input(np.array(True))], [f"y{len(f.expected)}", f"y{len(f.expected) + 1}"], seed=11))
        mask = np.random.RandomState(11).random_sample(x.shape) >= np.array(0.3, kind).astype(np.float64)
        f.expected[f"y{len(f.expected)}"] = (x * mask / (1 - np.float64(np.array(0.3, kind)))).astype(kind)
        f.expected[f"y{len(f.expected)}"] = mask
    f.save()


def distributions():
    """Drawn numbers, of which the tests look at means and deviations."""
    count, weights = numpy_helper.from_array(np.array([20000], np.int64), "n"), numpy_helper.from_array(np.log(np.array([[1, 2, 5]], np.float32)), "w")
    nodes = [h.make_node("ConstantOfShape", ["n"], ["p"], value=h.make_tensor("", T.FLOAT, [1], [0.25])),
             h.make_node("RandomNormal", [], ["normal"], shape=[20000], mean=3.0, scale=2.0, seed=1.0), h.make_node("Bernoulli", ["p"], ["bernoulli"], seed=2.0),
             h.make_node("Multinomial", ["w"], ["multinomial"], sample_size=20000, dtype=T.INT64, seed=3.0)]
    outputs = [h.make_tensor_value_info(n, t, s) for n, t, s in [("normal", T.FLOAT, [20000]), ("bernoulli", T.FLOAT, [20000]), ("multinomial", T.INT64, [1, 20000])]]
    graph = h.make_graph(nodes, "distributions", [], outputs, [count, weights])
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", OPSET)], ir_version=10), os.path.join(FOLDER, "distributions.onnx"))


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for family in [mathematics, activation, arithmetic, comparison, reduction, order, product, loss, older, random, distributions]:
        family()
