#!/usr/bin/env python3
"""What decoders make of random outputs, by NumPy: the golden of Tests/PipelineTests/DecoderGoldenTests.swift.

    python3 tools/make_decoder_goldens.py

Each reference is written down from its source, not from Braid's code:

- non-maximum suppression: torchvision.ops.batched_nms (greedy, by score, `iou > threshold` goes), class by class or over all;
- YOLOX: `demo_postprocess` of Megvii's YOLOX; YuNet: `FaceDetectorYNImpl::postProcess` of OpenCV 4.8 in real numbers;
- YOLOv8: DFL of Li et al. (2020) and `dist2bbox` of Ultralytics; SSD: Liu et al. (2016), section 2.2;
- masks: pycocotools where it is installed, else COCO's definition, which is then checked by decoding;
- CTC: best path of Graves et al. (2006); keywords: smoothing of Chen et al. (2014).

Needs tools/requirements.txt; not needed to build or test.
"""
import itertools
import json
import os

import numpy as np
from scipy.special import expit, softmax

try:
    from pycocotools import mask as coco
except ImportError:
    coco = None

rng = np.random.default_rng(20261121)
cases = []


def rounded(values: np.ndarray) -> np.ndarray:
    """Numbers that are the same in the file and in single precision."""
    return np.round(values, 3).astype(np.float32)


def tensor(name: str, values: np.ndarray) -> dict:
    return {"name": name, "shape": list(values.shape), "values": [float(f"{v:.4g}") for v in values.ravel()]}


def read(output: dict) -> np.ndarray:
    return np.array(output["values"], np.float32).reshape(output["shape"]).astype(np.float64)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return w * h / (both - w * h)


def suppress(boxes, scores, labels, landmarks, threshold, overlap, mode, limit):
    """Boxes [n, 4] in 0 to 1, scores and labels [n]; best first."""
    boxes = np.clip(boxes, 0, 1)
    rest = [i for i in range(len(scores))
            if scores[i] >= threshold and boxes[i][2] > boxes[i][0] and boxes[i][3] > boxes[i][1]]
    rest.sort(key=lambda i: (-scores[i], i))
    kept = []
    while rest and len(kept) < limit:
        best = rest.pop(0)
        kept.append(best)
        if mode != "none":
            rest = [i for i in rest if (mode == "per-class" and labels[i] != labels[best])
                    or not iou(boxes[best], boxes[i]) > overlap]
    found = []
    for i in kept:
        left, top, right, bottom = boxes[i]
        entry = {"label": int(labels[i]), "score": float(scores[i]), "box": [left, top, right - left, bottom - top]}
        if landmarks is not None:
            entry["landmarks"] = np.clip(landmarks[i], 0, 1).tolist()
        found.append(entry)
    return found


def expand(boxes, scores, landmarks, multi):
    """One entry for each class, or for a candidate's best."""
    n, classes = scores.shape
    if multi:
        index, labels = [a.ravel() for a in np.mgrid[:n, :classes]]
    else:
        index, labels = np.arange(n), scores.argmax(1)
    return boxes[index], scores[index, labels], labels, None if landmarks is None else landmarks[index]


def detections(name, outputs, picture, settings, boxes, scores, landmarks=None, threshold=0.5, overlap=0.45,
               mode="per-class", limit=200, multi=True):
    b, s, l, k = expand(boxes, scores, landmarks, multi)
    found = suppress(b, s, l, k, threshold, overlap, mode, limit)
    # Decisions must not hang on the last bits.
    near = np.abs(s - threshold).min() if len(s) else 1
    assert near > 1e-6, (name, near)
    cases.append({"kind": "detections", "name": name, "outputs": outputs, "picture": picture,
                  "settings": settings | {"threshold": threshold, "overlap": overlap, "suppression": mode,
                                          "limit": limit, "multi_label": multi, "labels": int(scores.shape[1])},
                  "expected": found})


def random_corners(n):
    centre, size = rng.uniform(-0.1, 1.1, (n, 2)), rng.uniform(0.02, 0.6, (n, 2))
    return np.concatenate([centre - size / 2, centre + size / 2], 1)


def make_places():
    for number, (form, pixels, mode, multi) in enumerate(itertools.product(
            ["corners", "corners-row-first", "centres", "left-top-size"], [False, True],
            ["per-class", "across", "none"], [True, False])):
        if number % 4 != 1 and number % 3:
            continue
        n, classes = int(rng.integers(5, 50)), int(rng.integers(1, 5))
        w, h = (int(v) for v in rng.integers(32, 640, 2))
        corners = random_corners(n)
        l, t, r, b = corners.T
        stored = {"corners": [l, t, r, b], "corners-row-first": [t, l, b, r],
                  "centres": [(l + r) / 2, (t + b) / 2, r - l, b - t], "left-top-size": [l, t, r - l, b - t]}[form]
        scale = np.array([h, w, h, w] if form == "corners-row-first" else [w, h, w, h]) if pixels else np.ones(4)
        first = bool(rng.integers(2))
        background = bool(rng.integers(2))
        boxes = tensor("b", rounded((np.stack(stored, 1) * scale).T if first else np.stack(stored, 1) * scale)[None])
        activation = str(rng.choice(["none", "sigmoid", "softmax"] if background else ["none", "sigmoid"]))
        raw = rng.normal(0, 2.5, (n, classes + background)) if activation != "none" else rng.uniform(0, 1, (n, classes + background))
        scores = tensor("s", rounded(raw.T if first else raw)[None])
        # What the model gives, as a reader of the file sees it.
        x = read(scores)[0].T if first else read(scores)[0]
        x = {"none": lambda v: v, "sigmoid": expit, "softmax": lambda v: softmax(v, 1)}[activation](x)[:, int(background):]
        y = (read(boxes)[0].T if first else read(boxes)[0]) / scale
        a, b_, c, d = y.T
        y = np.stack({"corners": [a, b_, c, d], "corners-row-first": [b_, a, d, c],
                      "centres": [a - c / 2, b_ - d / 2, a + c / 2, b_ + d / 2],
                      "left-top-size": [a, b_, a + c, b_ + d]}[form], 1)
        detections(f"places {form} {pixels} {mode} {multi} {activation}", [scores, boxes], [w, h],
                   {"form": form, "pixels": pixels, "first": first, "background": background, "activation": activation},
                   y, x, mode=mode, multi=multi, limit=int(rng.choice([3, 200])), threshold=0.3217)


def make_priors():
    for _ in range(3):
        w, h = (int(v) for v in rng.integers(40, 100, 2))
        levels = [(16, [(20, 20), (31.5, 17)]), (32, [(48, 48)])]
        priors = []
        for stride, sizes in levels:
            for row in range(-(-h // stride)):
                for column in range(-(-w // stride)):
                    for sw, sh in sizes:
                        priors.append([min(1, (column + .5) * stride / w), min(1, (row + .5) * stride / h),
                                       min(1, sw / w), min(1, sh / h)])
        p = np.array(priors)
        boxes, marks = tensor("b", rounded(rng.normal(0, 1.5, (1, len(p), 4)))), tensor("k", rounded(rng.normal(0, 3, (1, len(p), 4))))
        scores = tensor("s", rounded(rng.normal(0, 2, (1, len(p), 3))))
        o, s, k = read(boxes)[0], softmax(read(scores)[0], 1)[:, 1:], read(marks)[0].reshape(-1, 2, 2)
        centre, size = p[:, :2] + o[:, :2] * .1 * p[:, 2:], p[:, 2:] * np.exp(o[:, 2:] * .2)
        detections("priors", [scores, boxes, marks], [w, h], {
            "priors": [{"stride": st, "sizes": [list(v) for v in sz]} for st, sz in levels], "landmarks": "k",
            "background": True, "activation": "softmax"},
            np.concatenate([centre - size / 2, centre + size / 2], 1), s,
            p[:, None, :2] + k * .1 * p[:, None, 2:], threshold=0.5123, overlap=0.3)


def cells(w, h, strides):
    out = []
    for stride in strides:
        for row in range(-(-h // stride)):
            for column in range(-(-w // stride)):
                out.append([column, row, stride])
    return np.array(out, float)


def make_yunet():
    """Twelve outputs: cls, obj, bbox and kps for each stride; score sqrt(cls * obj)."""
    for _ in range(2):
        w, h, strides = 96, 64, [8, 16, 32]
        outputs, boxes, scores, marks = [], [], [], []
        for stride in strides:
            grid = cells(w, h, [stride])
            n = len(grid)
            part = [tensor(f"cls_{stride}", rounded(rng.uniform(0, 1, (1, n, 1)))),
                    tensor(f"obj_{stride}", rounded(rng.uniform(0, 1, (1, n, 1)))),
                    tensor(f"bbox_{stride}", rounded(rng.normal(0, .7, (1, n, 4)))),
                    tensor(f"kps_{stride}", rounded(rng.normal(0, 1, (1, n, 10))))]
            outputs += part
            cls, obj, box, kps = (read(v)[0] for v in part)
            scores.append(np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1)))
            xy, wh = (grid[:, :2] + box[:, :2]) * stride, np.exp(box[:, 2:]) * stride
            boxes.append(np.concatenate([xy - wh / 2, xy + wh / 2], 1) / [w, h, w, h])
            marks.append((kps.reshape(n, 5, 2) + grid[:, None, :2]) * stride / [w, h])
        detections("yunet", outputs, [w, h], {"grid": strides, "heads": ["cls", "obj", "bbox", "kps"], "objectness": "root"},
                   np.concatenate(boxes), np.concatenate(scores), np.concatenate(marks), threshold=0.7077, overlap=0.3)


def make_yolox():
    for combined in (False, True):
        w, h, strides, classes = 64, 96, [8, 16, 32], 3
        grid = cells(w, h, strides)
        raw = rng.normal(0, 1, (len(grid), 5 + classes))
        raw[:, 4:] = rng.uniform(0, 1, (len(grid), 1 + classes))
        out = tensor("output", rounded(raw[None]))
        y = read(out)[0]
        if combined:
            # Already in pixels, as exports with --decode_in_inference have it.
            y[:, :2] = rng.uniform(0, 96, (len(grid), 2)).round(2)
            y[:, 2:4] = rng.uniform(3, 60, (len(grid), 2)).round(2)
            out = tensor("output", y[None].astype(np.float32))
            y = read(out)[0]
            xy, wh = y[:, :2], y[:, 2:4]
        else:
            xy, wh = (y[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(y[:, 2:4]) * grid[:, 2:]
        boxes = np.concatenate([xy - wh / 2, xy + wh / 2], 1) / [w, h, w, h]
        detections("yolox", [out], [w, h],
                   {"combined": "output", "objectness": "product"} | ({"form": "centres", "pixels": True} if combined else {"grid": strides}),
                   boxes, y[:, 4:5] * y[:, 5:], threshold=0.4013, overlap=0.45, multi=False)


def make_yolov8():
    w, h, strides, classes, bins = 64, 48, [8, 16], 3, 16
    grid = cells(w, h, strides)
    # One output with boxes in pixels.
    n = len(grid)
    y = np.concatenate([rng.uniform(0, 64, (2, n)), rng.uniform(4, 50, (2, n)), rng.uniform(0, 1, (classes, n))])
    out = tensor("output0", rounded(y[None]))
    y = read(out)[0].T
    boxes = np.concatenate([y[:, :2] - y[:, 2:4] / 2, y[:, :2] + y[:, 2:4] / 2], 1) / [w, h, w, h]
    detections("yolov8", [out], [w, h], {"combined": "output0", "first": True, "form": "centres", "pixels": True},
               boxes, y[:, 4:], threshold=0.6011, overlap=0.7, multi=False)
    # Heads with distributions.
    outputs, boxes, scores = [], [], []
    for stride in strides:
        rows, columns = -(-h // stride), -(-w // stride)
        part = tensor(f"head_{stride}", rounded(rng.normal(0, 1.5, (1, 4 * bins + classes, rows, columns))))
        outputs.append(part)
        flat = read(part)[0].reshape(4 * bins + classes, -1).T
        distance = (softmax(flat[:, :4 * bins].reshape(-1, 4, bins), 2) * np.arange(bins)).sum(2)
        anchor = cells(w, h, [stride])[:, :2] + .5
        boxes.append(np.concatenate([anchor - distance[:, :2], anchor + distance[:, 2:]], 1) * stride / [w, h, w, h])
        scores.append(expit(flat[:, 4 * bins:]))
    detections("dfl", outputs, [w, h], {"distribution": strides, "bins": bins, "first": True, "activation": "sigmoid",
                                        "heads": ["head"]},
               np.concatenate(boxes), np.concatenate(scores), threshold=0.6511, overlap=0.6, multi=False)


def make_selected():
    for count in (True, False):
        n = 20
        corners = random_corners(n)[:, [1, 0, 3, 2]]
        scores = np.sort(rng.uniform(0, 1, n))[::-1]
        parts = [tensor("boxes", rounded(corners[None])), tensor("scores", rounded(scores[None])),
                 tensor("classes", rng.integers(1, 6, (1, n)).astype(np.float32)), tensor("count", np.float32([13]))]
        b, s, c, k = (read(p) for p in parts)
        used = int(k[0]) if count else n
        # Classes 1 to 4 have labels; a box of another class is left out.
        s = np.where((np.arange(n) < used) & (c[0] - 1 < 4), s[0], 0)
        one = np.zeros((n, 4))
        one[np.arange(n), np.minimum(c[0].astype(int) - 1, 3)] = s
        detections("selected", parts if count else parts[:3], [64, 64],
                   {"selected": True, "first_class": 1, "form": "corners-row-first", "pixels": False},
                   b[0][:, [1, 0, 3, 2]], one, threshold=0.2503, mode="none", multi=False)


def make_classes():
    for activation, limit, threshold in itertools.product(["none", "sigmoid", "softmax"], [1, 5, 100], [0, 0.3]):
        n = int(rng.integers(2, 40))
        raw = rng.uniform(0, 1, n) if activation == "none" else rng.normal(0, 4, n)
        out = tensor("s", rounded(raw[None]))
        x = read(out)[0]
        p = {"none": x, "sigmoid": expit(x), "softmax": softmax(x)}[activation]
        order = sorted(range(n), key=lambda i: (-x[i], i))[:limit]
        cases.append({"kind": "classification", "name": f"{activation} {limit} {threshold}", "outputs": [out],
                      "settings": {"activation": activation, "limit": limit, "threshold": threshold},
                      "expected": [{"label": i, "score": p[i]} for i in order if p[i] >= threshold]})


def run_lengths(mask: np.ndarray) -> list:
    """COCO's uncompressed counts, by pycocotools where it is there."""
    if coco is not None:
        # What it compresses is decoded by the rules of `rleFrString`.
        text = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
        counts, p = [], 0
        while p < len(text):
            x, k, more = 0, 0, True
            while more:
                c = text[p] - 48
                x |= (c & 0x1F) << 5 * k
                more = bool(c & 0x20)
                p, k = p + 1, k + 1
                if not more and c & 0x10:
                    x |= -1 << 5 * k
            if len(counts) > 2:
                x += counts[-2]
            counts.append(x)
        return counts
    flat, counts, inside = mask.T.ravel(), [], False
    for value, group in itertools.groupby(flat):
        if bool(value) != inside and not counts:
            counts.append(0)
        counts.append(len(list(group)))
        inside = bool(value)
    return counts


def make_masks():
    for last, threshold in itertools.product([False, True], [None, 0.5]):
        classes, h, w = 3, 7, 11
        # Blobs, not noise: coarse cells blown up.
        coarse = rng.uniform(0, 1, (classes, 4, 6)).repeat(2, 1).repeat(2, 2)[:, :h, :w]
        out = tensor("m", rounded(coarse.transpose(1, 2, 0) if last else coarse)[None])
        x = read(out)[0]
        x = x.transpose(2, 0, 1) if last else x
        expected = []
        for label in range(1, classes):
            mask = x.argmax(0) == label if threshold is None else x[label] >= threshold
            if mask.any():
                expected.append({"label": label, "size": [h, w], "counts": run_lengths(mask)})
        cases.append({"kind": "mask", "name": f"{last} {threshold}", "outputs": [out],
                      "settings": {"last": last, "threshold": threshold, "ignored": 0, "labels": classes}, "expected": expected})


def make_ctc():
    alphabet = "_ abcd"
    for _ in range(6):
        steps, windows = int(rng.integers(3, 9)), 5
        # Few symbols, held long, so that repeats cross windows.
        path = rng.integers(0, 6, 40).repeat(rng.integers(1, 4, 40))[:steps * windows]
        raw = rng.normal(0, 1, (len(path), 6))
        raw[np.arange(len(path)), path] += 6
        out = tensor("c", rounded(raw)[None])
        x = read(out)[0]
        best = x.argmax(1)
        collapsed = [(i, s) for i, s in enumerate(best) if i == 0 or s != best[i - 1]]
        text = "".join(alphabet[s] for _, s in collapsed if s)
        words, p = [], softmax(x, 1)
        for i, s in collapsed:
            if s == 0:
                continue
            if alphabet[s] == " ":
                words.append(None)
                continue
            end = i
            while end + 1 < len(best) and best[end + 1] == s:
                end += 1
            if not words or words[-1] is None:
                words.append({"text": "", "start": i, "scores": []})
            words[-1] |= {"text": words[-1]["text"] + alphabet[s], "end": end + 1}
            words[-1]["scores"].append(p[i, s])
        words = [{"text": v["text"], "start": v["start"], "end": v["end"], "score": float(np.mean(v["scores"]))}
                 for v in words if v]
        cases.append({"kind": "ctc", "name": f"{steps}", "outputs": [out],
                      "settings": {"symbols": alphabet, "steps": steps, "windows": windows}, "expected": {"text": text, "words": words}})


def make_keywords():
    """Windows every 250 ms; class 0 is silence, 1 unknown."""
    for _ in range(4):
        runs, classes, hop = 60, 5, 250
        raw = rng.normal(0, 1, (runs, classes))
        said = rng.integers(0, classes, 20).repeat(rng.integers(1, 6, 20))[:runs]
        raw[np.arange(len(said)), said] += 3
        out = tensor("k", rounded(raw)[None])
        p = softmax(read(out)[0], 1)
        smoothing, suppression, threshold = 750, 1000, 0.5507
        expected, current, last = [], None, None
        for i in range(runs):
            window = p[[j for j in range(i + 1) if (i - j) * hop < smoothing]]
            mean = window.mean(0)
            top = int(mean.argmax())
            assert abs(mean[top] - threshold) > 1e-5
            if top < 2 or mean[top] < threshold:
                current = None
            elif top != current and (last is None or (i - last) * hop >= suppression):
                current, last = top, i
                expected.append({"run": i, "label": top - 2, "score": mean[top]})
        cases.append({"kind": "keywords", "name": "words", "outputs": [out],
                      "settings": {"hop": hop, "smoothing": smoothing, "suppression_ms": suppression, "threshold": threshold},
                      "expected": expected})


def main() -> None:
    for make in (make_places, make_priors, make_yunet, make_yolox, make_yolov8, make_selected, make_classes, make_masks,
                 make_ctc, make_keywords):
        make()
    path = os.path.join(os.path.dirname(__file__), "../Tests/PipelineTests/Goldens/decoders.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(json.dumps({"script": "tools/make_decoder_goldens.py", "numpy": np.__version__,
                            "pycocotools": coco is not None, "cases": cases},
                           default=lambda v: round(float(v), 6)).replace('{"kind"', '\n{"kind"') + "\n")
    for kind in dict.fromkeys(case["kind"] for case in cases):
        own = [case for case in cases if case["kind"] == kind]
        print(kind, len(own), "cases,", sum(len(case["expected"]) for case in own), "expected")


if __name__ == "__main__":
    main()
