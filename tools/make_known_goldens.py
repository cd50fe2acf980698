#!/usr/bin/env python3
"""Small models of the shapes of well-known ones, and what those and real ones give: for Tests/CLITests/KnownModelTests.swift.

    python3 tools/make_known_goldens.py [../shared/data]

Models with random weights are made for YOLOX, YOLOv8, SSD (TensorFlow's outputs and those of ONNX's model zoo), ImageNet
classifiers and YAMNet. Pictures are decoded by PyAV, scaled by areas in NumPy (letterboxed as each model's authors do), run in ONNX
Runtime and decoded by the references of make_decoder_goldens.py. With the folder of shared data the same is done for YuNet,
UltraFace, mini-XCEPTION and MLPerf Tiny's person detection.

Needs tools/requirements.txt; not needed to build or test.
"""
import json
import os
import sys

import av
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from scipy.special import softmax

from make_crop_goldens import weights
from make_decoder_goldens import cells, suppress

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, "../Tests/CLITests/Goldens/Known")
rng = np.random.default_rng(5)


class Graph:
    """A graph under construction."""

    def __init__(self, inputs, outputs):
        self.nodes, self.constants = [], []
        self.inputs = [helper.make_tensor_value_info(*i) for i in inputs]
        self.outputs = [helper.make_tensor_value_info(*o) for o in outputs]

    def constant(self, values, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def add(self, op, inputs, output=None, **attributes):
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output] if isinstance(output, str) else output, **attributes))
        return output

    def save(self, name):
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8,
                                  producer_name="make_known_goldens.py")
        onnx.checker.check_model(model)
        path = os.path.join(folder, f"{name}.onnx")
        onnx.save(model, path)
        return path


def grid(graph, source, stride, channels, scale, small=False):
    """Linear in the mean colours of cells: `[1, channels, cells]`."""
    pooled = graph.add("AveragePool", [source], kernel_shape=[stride, stride], strides=[stride, stride])
    weight = rng.normal(0, scale, (channels, 3, 1, 1))
    bias = rng.normal(0, 1.2, channels)
    if small:
        # Boxes of a third of a cell: what suppresses what must not hang on the last level of a colour.
        weight[:4] *= .02
        bias[2:4] = -1.2
    conv = graph.add("Conv", [pooled, graph.constant(weight), graph.constant(bias)])
    return graph.add("Reshape", [conv, graph.constant([1, channels, -1], np.int64)])


def yolox():
    g = Graph([("images", TensorProto.FLOAT, [1, 3, 64, 64])], [("output", TensorProto.FLOAT, [1, 84, 85])])
    heads = []
    for stride in (8, 16, 32):
        raw = grid(g, "images", stride, 85, 1.3 / 128, small=True)
        boxes, rest = f"b{stride}", f"r{stride}"
        g.add("Split", [raw, g.constant([4, 81], np.int64)], [boxes, rest], axis=1)
        heads.append(g.add("Concat", [boxes, g.add("Sigmoid", [rest])], axis=1))
    g.add("Transpose", [g.add("Concat", heads, axis=2)], "output", perm=[0, 2, 1])
    return g.save("yolox")


def yolov8():
    g = Graph([("images", TensorProto.FLOAT, [1, 3, 64, 96])], [("output0", TensorProto.FLOAT, [1, 84, 126])])
    heads = [grid(g, "images", stride, 84, 1.2) for stride in (8, 16, 32)]
    flat = g.add("Sigmoid", [g.add("Concat", heads, axis=2)])
    scale = np.ones((1, 84, 1))
    scale[:, :4] = 30
    scale[:, 4:] = .6
    g.add("Mul", [flat, g.constant(scale)], "output0")
    return g.save("yolov8")


def selected(g, flat, names, types, count):
    """Boxes, classes and scores of 16 cells; `flat` is [1, 8, 16] of 0 to 1."""
    by_cell = g.add("Transpose", [flat], perm=[0, 2, 1])
    near, size, rest = "near", "size", "rest"
    g.add("Split", [by_cell, g.constant([2, 2, 4], np.int64)], [near, size, rest], axis=2)
    low = g.add("Mul", [near, g.constant(.6)])
    g.add("Concat", [low, g.add("Add", [low, g.add("Mul", [size, g.constant(.4)])])], names[0], axis=2)
    best = g.add("ArgMax", [rest], axis=2, keepdims=0)
    g.add("Cast", [g.add("Add", [best, g.constant(1, np.int64)])], names[1], to=types)
    g.add("ReduceMax", [rest], names[2], axes=[2], keepdims=0)
    if count:
        g.add("Identity", [g.constant([12])], names[3])


def ssd_tf():
    names = ["detection_boxes", "detection_classes", "detection_scores", "num_detections"]
    g = Graph([("image_tensor", TensorProto.UINT8, [1, 64, 64, 3])],
              [(n, TensorProto.FLOAT, s) for n, s in zip(names, ([1, 16, 4], [1, 16], [1, 16], [1]))])
    real = g.add("Transpose", [g.add("Cast", ["image_tensor"], to=TensorProto.FLOAT)], perm=[0, 3, 1, 2])
    flat = g.add("Sigmoid", [grid(g, real, 16, 8, 2.0 / 128)])
    selected(g, flat, names, TensorProto.FLOAT, True)
    return g.save("ssd_tensorflow")


def ssd_zoo():
    names = ["bboxes", "labels", "scores"]
    g = Graph([("image", TensorProto.FLOAT, [1, 3, 64, 64])],
              [("bboxes", TensorProto.FLOAT, [1, 16, 4]), ("labels", TensorProto.INT64, [1, 16]), ("scores", TensorProto.FLOAT, [1, 16])])
    selected(g, g.add("Sigmoid", [grid(g, "image", 16, 8, 1.5)]), names, TensorProto.INT64, False)
    return g.save("ssd_zoo")


def classifier(name, last, probabilities):
    shape = [1, 128, 128, 3] if last else [1, 3, 128, 128]
    g = Graph([("data", TensorProto.FLOAT, shape)], [("prob", TensorProto.FLOAT, [1, 1000])])
    x = g.add("Transpose", ["data"], perm=[0, 3, 1, 2]) if last else "data"
    x = g.add("Reshape", [g.add("AveragePool", [x], kernel_shape=[64, 64], strides=[64, 64]), g.constant([1, 12], np.int64)])
    b = g.constant(rng.normal(0, .3, 1000))
    w = g.constant(np.round(rng.normal(0, 1.5, (12, 1000)), 2))
    if probabilities:
        g.add("Softmax", [g.add("Gemm", [x, w, b])], "prob", axis=1)
    else:
        g.add("Gemm", [x, w, b], "prob")
    return g.save(name)


def yolov8_open(path):
    """The same model with an output whose shape the file does not say."""
    model = onnx.load(path)
    for dimension, name in zip(model.graph.output[0].type.tensor_type.shape.dim, ("batch", "numbers", "cells")):
        dimension.dim_param = name
    onnx.save(model, os.path.join(folder, "yolov8_open.onnx"))


def square():
    """As many numbers as cells: YOLOv8 of 80 classes, or YOLOX of 79."""
    g = Graph([("images", TensorProto.FLOAT, [1, 3, 64, 64])], [("output0", TensorProto.FLOAT, [1, 84, 84])])
    x = g.add("ReduceMean", ["images"], axes=[1, 2, 3], keepdims=0)
    g.add("Expand", [g.add("Reshape", [x, g.constant([1, 1, 1], np.int64)]), g.constant([1, 84, 84], np.int64)], "output0")
    return g.save("square")


def places():
    """Where a picture is bright: how many places there are depends on it."""
    g = Graph([("picture", TensorProto.FLOAT, [1, 1, 16, 16])], [("places", TensorProto.INT64, [4, "count"])])
    g.add("NonZero", [g.add("Cast", [g.add("Greater", ["picture", g.constant(.5)])], to=TensorProto.FLOAT)], "places")
    return g.save("places")


def yamnet():
    g = Graph([("patches", TensorProto.FLOAT, [1, 96, 64])], [("scores", TensorProto.FLOAT, [1, 521])])
    x = g.add("Reshape", ["patches", g.constant([1, 96, 8, 8], np.int64)])
    x = g.add("ReduceMean", [x], axes=[1, 3], keepdims=0)
    g.add("Sigmoid", [g.add("Gemm", [x, g.constant(np.round(rng.normal(0, .4, (8, 521)), 2)), g.constant(rng.normal(0, .5, 521))])], "scores")
    return g.save("yamnet")


# Pictures.

def frames(path, count):
    """RGB bytes of the first pictures, with their times."""
    found = []
    with av.open(path) as container:
        for frame in container.decode(video=0):
            found.append((float(frame.time), frame.to_ndarray(format="rgb24").astype(np.float64)))
            if len(found) == count:
                return found
    return found


def scaled(picture, width, height):
    h, w, _ = picture.shape
    down, across = weights(h, height), weights(w, width)
    return np.rint(np.tensordot(across, np.tensordot(down, picture, 1), (1, 1)).transpose(1, 0, 2))


def fitted(picture, width, height, fit, anchor="centre", pad=0):
    """What a model is given, and how places in it (0 to 1) become places in the picture."""
    h, w, _ = picture.shape
    if fit == "stretch":
        return scaled(picture, width, height), lambda p: p
    if fit == "cover":
        factor = max(width / w, height / h)
        cw, ch = min(w, round(width / factor)), min(h, round(height / factor))
        x, y = (w - cw) // 2 & ~1, (h - ch) // 2 & ~1
        return scaled(picture[y:y + ch, x:x + cw], width, height), lambda p: (p * [cw, ch] + [x, y]) / [w, h]
    factor = min(width / w, height / h)
    iw, ih = round(w * factor), round(h * factor)
    x, y = ((width - iw) // 2, (height - ih) // 2) if anchor == "centre" else (0, 0)
    out = np.full((height, width, 3), float(pad))
    out[y:y + ih, x:x + iw] = scaled(picture, iw, ih)
    return out, lambda p: (p * [width, height] - [x, y]) / [iw, ih]


def placed(boxes, place):
    return np.clip(np.concatenate([place(boxes[:, :2]), place(boxes[:, 2:])], 1), 0, 1)


def find(boxes, scores, labels, place, threshold, overlap, mode, marks=None):
    """Detections in the picture; those a little below the threshold too, for the test to allow for."""
    sure = scores >= threshold - .05
    boxes, scores, labels = boxes[sure], scores[sure], labels[sure]
    marks = None if marks is None else marks[sure]
    found = suppress(boxes, scores, labels, marks, threshold - .05, overlap, mode, 300)
    out = []
    for entry in found:
        x, y, w, h = entry["box"]
        left, top, right, bottom = placed(np.array([[x, y, x + w, y + h]]), place)[0]
        if right <= left or bottom <= top:
            continue
        entry["box"] = [left, top, right - left, bottom - top]
        if marks is not None:
            entry["landmarks"] = np.clip(place(np.array(entry["landmarks"])), 0, 1).tolist()
        out.append(entry)
    return out


def corners(xy, wh):
    return np.concatenate([xy - wh / 2, xy + wh / 2], 1)


def best(scores):
    return scores.max(1), scores.argmax(1)


def run(session, values):
    return session.run(None, {session.get_inputs()[0].name: values})


def nchw(values):
    return values.transpose(2, 0, 1)[None].astype(np.float32)


MEAN, STD = np.array([.485, .456, .406]), np.array([.229, .224, .225])


def detect(name, session, picture):
    if name == "yolox":
        x, place = fitted(picture, 64, 64, "contain", "corner", 114)
        y = run(session, nchw(x[:, :, ::-1]))[0][0]
        g = cells(64, 64, [8, 16, 32])
        boxes = corners((y[:, :2] + g[:, :2]) * g[:, 2:], np.exp(y[:, 2:4]) * g[:, 2:]) / 64
        scores, labels = best(y[:, 4:5] * y[:, 5:])
        return find(boxes, scores, labels, place, .3, .45, "per-class")
    if name == "yolov8":
        x, place = fitted(picture, 96, 64, "contain", "centre", 114)
        y = run(session, nchw(x / 255))[0][0].T
        scores, labels = best(y[:, 4:])
        return find(corners(y[:, :2], y[:, 2:4]) / [96, 64, 96, 64], scores, labels, place, .25, .7, "per-class")
    if name == "ssd_tensorflow":
        x, place = fitted(picture, 64, 64, "stretch")
        boxes, classes, scores, count = run(session, x[None].astype(np.uint8))
        n = int(count[0])
        return find(boxes[0][:n][:, [1, 0, 3, 2]], scores[0][:n], classes[0][:n].astype(int) - 1, place, .5, .5, "none")
    if name == "ssd_zoo":
        x, place = fitted(picture, 64, 64, "stretch")
        boxes, labels, scores = run(session, nchw((x / 255 - MEAN) / STD))
        return find(boxes[0], scores[0], labels[0] - 1, place, .5, .5, "none")
    if name == "yunet":
        x, place = fitted(picture, 320, 320, "contain", "corner", 0)
        outputs = dict(zip([o.name for o in session.get_outputs()], run(session, nchw(x[:, :, ::-1]))))
        boxes, scores, marks = [], [], []
        for stride in (8, 16, 32):
            g = cells(320, 320, [stride])[:, :2]
            cls, obj, box, kps = (outputs[f"{p}_{stride}"][0] for p in ("cls", "obj", "bbox", "kps"))
            scores.append(np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))[:, 0])
            boxes.append(corners((g + box[:, :2]) * stride, np.exp(box[:, 2:]) * stride) / 320)
            marks.append((kps.reshape(-1, 5, 2) + g[:, None]) * stride / 320)
        scores = np.concatenate(scores)
        return find(np.concatenate(boxes), scores, np.zeros(len(scores), int), place, .6, .3, "per-class", np.concatenate(marks))
    if name == "ultraface":
        x, place = fitted(picture, 320, 240, "stretch")
        scores, boxes = run(session, nchw((x - 127) / 128))
        return find(boxes[0], scores[0][:, 1], np.zeros(len(boxes[0]), int), place, .7, .3, "per-class")
    raise ValueError(name)


def classify(name, session, picture):
    if name == "imagenet":
        x, _ = fitted(picture, 128, 128, "cover")
        p = softmax(run(session, nchw((x / 255 - MEAN) / STD))[0][0])
    elif name == "imagenet_last":
        x, _ = fitted(picture, 128, 128, "cover")
        p = run(session, (x / 127.5 - 1)[None].astype(np.float32))[0][0]
    elif name == "vww":
        x, _ = fitted(picture, 96, 96, "stretch")
        p = run(session, (x / 255)[None].astype(np.float32))[0][0]
    else:
        raise ValueError(name)
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))[:5]
    return [{"label": i, "score": float(p[i])} for i in order]


def main() -> None:
    os.makedirs(folder, exist_ok=True)
    clip = os.path.join(here, "../samples/media/bounce.mp4")
    cases = []

    def case(name, path, clip, kind, count=3, shared=False):
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        session = ort.InferenceSession(path, options)
        for time, picture in frames(clip, count * 10)[::10]:
            found = detect(name, session, picture) if kind == "detections" else classify(name, session, picture)
            cases.append({"model": os.path.basename(path), "clip": os.path.basename(clip), "shared": shared, "kind": kind, "pts": time,
                          "expected": found})
        print(name, [len(c["expected"]) for c in cases[-count:]], [round(e["score"], 3) for e in cases[-1]["expected"][:4]])

    for name, make in (("yolox", yolox), ("yolov8", yolov8), ("ssd_tensorflow", ssd_tf), ("ssd_zoo", ssd_zoo)):
        case(name, make(), clip, "detections")
    case("imagenet", classifier("imagenet", False, False), clip, "classes")
    case("imagenet_last", classifier("imagenet_last", True, True), clip, "classes")
    yamnet()
    yolov8_open(os.path.join(folder, "yolov8.onnx"))
    square()
    places()
    if len(sys.argv) > 1:
        shared = lambda name: os.path.join(sys.argv[1], "models", name)
        faces = os.path.join(sys.argv[1], "media/faces_speech_h264_aac.mp4")
        case("yunet", shared("yunet_n_320_320.onnx"), faces, "detections", shared=True)
        case("ultraface", shared("ultraface_RFB-320_decoded_stripped.onnx"), faces, "detections", shared=True)
        case("vww", shared("mlc_vww96_f32.onnx"), faces, "classes", shared=True)
    with open(os.path.join(folder, "expected.json"), "w") as f:
        f.write(json.dumps({"script": "tools/make_known_goldens.py", "onnxruntime": ort.__version__, "numpy": np.__version__,
                            "av": av.__version__, "cases": cases}, default=lambda v: round(float(v), 5)).replace('{"model"', '\n{"model"') + "\n")


if __name__ == "__main__":
    main()
