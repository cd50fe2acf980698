#!/usr/bin/env python3
"""A made-up clip with known tracks, and how well a plain SORT follows them: the golden of Tests/PipelineTests/TrackerTests.swift.

    python3 tools/make_tracker_goldens.py

Things of different sizes move along curves and cross; the nearer one hides the other, which is then found with a low score or not
at all. Detections are noisy, some are missing, some are of nothing. In the second clip a third of the pictures are skipped at
random, as a session skips them.

SORT is Bewley et al. (2016) with NumPy and scipy's linear_sum_assignment: Kalman filters of [x, y, area, ratio] with the
constants of the authors' code (iou_threshold 0.3, min_hits 3), and max_age 25 so that it may bridge a second as well. It counts
pictures, not time. Measures: MOTA and switches by Bernardin and Stiefelhagen (2008), IDF1 by Ristani et al. (2016), pairs from
IoU 0.5 on.

Needs tools/requirements.txt; not needed to build or test.
"""
import json
import os

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment

rng = np.random.default_rng(11)


def iou(a, b):
    w = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    h = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    common = np.clip(w, 0, None) * np.clip(h, 0, None)
    area = lambda v: (v[:, 2] - v[:, 0]) * (v[:, 3] - v[:, 1])
    return common / np.maximum(1e-12, area(a)[:, None] + area(b)[None] - common)


def clip(seconds=12, rate=25, count=8, keep=1.0):
    things = []
    for _ in range(count):
        begin, end = rng.uniform(0, 3), rng.uniform(seconds - 3, seconds)
        things.append(dict(
            begin=begin, end=end, start=rng.uniform(.1, .8, 2), speed=rng.uniform(-.12, .12, 2), bend=rng.uniform(.02, .1, 2),
            turn=rng.uniform(.3, 1.2, 2), phase=rng.uniform(0, 6.3, 2), size=rng.uniform(.08, .16) * np.array([1, 1.7]),
            near=rng.uniform()))
    frames = []
    for number in range(seconds * rate):
        if rng.uniform() > keep:
            continue
        t = number / rate
        truth, found = [], []
        for identity, thing in enumerate(things):
            if not thing["begin"] <= t <= thing["end"]:
                continue
            place = thing["start"] + thing["speed"] * t + thing["bend"] * np.sin(thing["turn"] * t + thing["phase"])
            # Mirrored at the edges.
            place = 1 - np.abs(1 - np.mod(place, 2))
            place = .08 + .84 * place
            truth.append((identity, thing["near"], np.concatenate([place - thing["size"] / 2, place + thing["size"] / 2])))
        for identity, near, box in truth:
            others = np.array([other for _, nearness, other in truth if nearness > near]).reshape(-1, 4)
            size = box[2:] - box[:2]
            w = np.clip(np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]), 0, None)
            h = np.clip(np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]), 0, None)
            hidden = (w * h).max() / (size[0] * size[1]) if len(others) else 0
            if rng.uniform() < .04 or hidden > .75:
                continue
            score = np.clip(.92 - hidden + rng.normal(0, .06), .12, .99)
            noise = rng.normal(0, .025 + .04 * hidden, 4) * np.tile(size, 2)
            found.append((np.round(box + noise, 3), round(float(score), 3)))
        for _ in range(rng.poisson(.25)):
            place, size = rng.uniform(.1, .9, 2), rng.uniform(.05, .15, 2)
            found.append((np.round(np.concatenate([place - size / 2, place + size / 2]), 3), round(float(rng.uniform(.1, .7)), 3)))
        frames.append({"time": number * 1000 // rate, "truth": [[i, *np.round(box, 3)] for i, _, box in truth],
                       "found": [[*box, score] for box, score in found]})
    return frames


class Filter:
    """SORT's KalmanBoxTracker."""

    def __init__(self, box):
        self.x = np.concatenate([self.measure(box), np.zeros(3)])
        self.P = np.diag([10., 10, 10, 10, 1e4, 1e4, 1e4])
        self.F = np.eye(7)
        for i in range(3):
            self.F[i, 4 + i] = 1
        self.H = np.eye(4, 7)
        self.R = np.diag([1., 1, 10, 10])
        self.Q = np.diag([1, 1, 1, 1, .01, .01, .0001])
        self.missed, self.hits, self.number = 0, 1, None

    @staticmethod
    def measure(box):
        w, h = box[2] - box[0], box[3] - box[1]
        return np.array([box[0] + w / 2, box[1] + h / 2, w * h, w / h])

    def predict(self):
        if self.x[6] + self.x[2] <= 0:
            self.x[6] = 0
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q
        w = np.sqrt(max(1e-9, self.x[2] * self.x[3]))
        h = self.x[2] / w
        return np.array([self.x[0] - w / 2, self.x[1] - h / 2, self.x[0] + w / 2, self.x[1] + h / 2])

    def update(self, box):
        S = self.H @ self.P @ self.H.T + self.R
        K = self.P @ self.H.T @ np.linalg.inv(S)
        self.x = self.x + K @ (self.measure(box) - self.H @ self.x)
        self.P = (np.eye(7) - K @ self.H) @ self.P
        self.missed, self.hits = 0, self.hits + 1


def sort(frames, high, max_age=25, min_hits=3, least=.3):
    """The number of each detection, picture by picture; nil for none."""
    tracks, count, told = [], 0, []
    # Its constants are for pixels.
    scale = np.array([1000, 1000, 1000, 1000])
    for index, frame in enumerate(frames):
        boxes = np.array([f[:4] for f in frame["found"]]).reshape(-1, 4) * scale
        sure = [i for i, f in enumerate(frame["found"]) if f[4] >= high]
        numbers = [None] * len(boxes)
        places = np.array([t.predict() for t in tracks]).reshape(-1, 4)
        used = set()
        hit = set()
        if tracks and sure:
            overlap = iou(boxes[sure], places)
            for a, b in zip(*linear_sum_assignment(-overlap)):
                if overlap[a, b] >= least:
                    tracks[b].update(boxes[sure[a]])
                    used.add(a)
                    hit.add(b)
                    if tracks[b].hits >= min_hits or index < min_hits:
                        if tracks[b].number is None:
                            count += 1
                            tracks[b].number = count
                        numbers[sure[a]] = tracks[b].number
        for b, track in enumerate(tracks):
            if b not in hit:
                track.missed += 1
        tracks = [t for t in tracks if t.missed <= max_age]
        tracks += [Filter(boxes[i]) for a, i in enumerate(sure) if a not in used]
        told.append(numbers)
    return told


def measures(frames, told):
    """MOTA, IDF1 and switches."""
    misses = wrong = switches = total = 0
    last, together, truths, givens = {}, {}, {}, {}
    for frame, numbers in zip(frames, told):
        truth = np.array([t[1:] for t in frame["truth"]]).reshape(-1, 4)
        ids = [int(t[0]) for t in frame["truth"]]
        given = [i for i, n in enumerate(numbers) if n is not None]
        boxes = np.array([frame["found"][i][:4] for i in given]).reshape(-1, 4)
        total += len(ids)
        for i in ids:
            truths[i] = truths.get(i, 0) + 1
        for g in given:
            givens[numbers[g]] = givens.get(numbers[g], 0) + 1
        overlap = iou(truth, boxes) if len(truth) and len(boxes) else np.zeros((len(truth), len(boxes)))
        for a, b in np.argwhere(overlap >= .5):
            key = (ids[a], numbers[given[b]])
            together[key] = together.get(key, 0) + 1
        # CLEAR MOT: pairs of the picture before stay where they can.
        matched = {}
        for a, i in enumerate(ids):
            for b, g in enumerate(given):
                if last.get(i) == numbers[g] and overlap[a, b] >= .5 and b not in matched.values():
                    matched[a] = b
        rest, free = [a for a in range(len(ids)) if a not in matched], [b for b in range(len(given)) if b not in matched.values()]
        if rest and free:
            part = overlap[np.ix_(rest, free)]
            gain = np.where(part >= .5, part, 0)
            for a, b in zip(*linear_sum_assignment(-gain)):
                if gain[a, b] > 0:
                    matched[rest[a]] = free[b]
                    i, n = ids[rest[a]], numbers[given[free[b]]]
                    switches += i in last and last[i] != n
        for a, b in matched.items():
            last[ids[a]] = numbers[given[b]]
        misses += len(ids) - len(matched)
        wrong += len(given) - len(matched)
    names, numbers = sorted(truths), sorted(givens)
    gain = np.array([[together.get((i, n), 0) for n in numbers] for i in names]).reshape(len(names), len(numbers))
    both = sum(gain[a, b] for a, b in zip(*linear_sum_assignment(-gain)))
    return {"mota": 1 - (misses + wrong + switches) / total, "idf1": 2 * both / (sum(truths.values()) + sum(givens.values())),
            "switches": int(switches)}


def assignments():
    cases = []
    for rows, columns in [(1, 1), (5, 9), (9, 5), (20, 20), (30, 12)]:
        gain = np.round(np.clip(rng.normal(0, 1, (rows, columns)), 0, None), 3)
        a, b = linear_sum_assignment(-gain)
        cases.append({"rows": rows, "columns": columns, "gains": gain.ravel().tolist(), "sum": float(gain[a, b].sum())})
    return cases


def main() -> None:
    clips = []
    for name, keep in (("every picture", 1), ("two of three pictures", .67)):
        for seed in range(2):
            frames = clip(keep=keep)
            told = sort(frames, high=.5)
            clips.append({"name": f"{name}, {seed + 1}", "frames": frames, "sort": told, "measures": measures(frames, told)})
            print(clips[-1]["name"], len(frames), "pictures", clips[-1]["measures"])
    path = os.path.join(os.path.dirname(__file__), "../Tests/PipelineTests/Goldens/tracks.json")
    with open(path, "w") as f:
        f.write(json.dumps({"script": "tools/make_tracker_goldens.py", "numpy": np.__version__, "scipy": scipy.__version__,
                            "assignments": assignments(), "clips": clips},
                           default=float, separators=(",", ":")).replace('{"time"', '\n{"time"') + "\n")


if __name__ == "__main__":
    main()
