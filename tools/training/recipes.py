"""The models: their networks, their data, their packages."""

import numpy as np

from training import pools
from training.network import Branch

FLOOR = float(np.log(np.float32(1.1920929e-07)))


def _windows(pool, clips, starts, rows):
    index = starts[:, None] + np.arange(rows)[None, :]
    return pool["features"][clips[:, None], index].astype(np.float32)


def _louder(rng, features, span):
    """The same sound at another level: log energies shift, and stay above the floor."""
    return np.maximum(features + rng.uniform(-span, span, (features.shape[0], 1, 1)).astype(np.float32), FLOOR)


def _package(name, task, inputs, output, **more):
    return {"format": "braid-model/1", "name": name, "version": "1.0.0", "task": task, "licence": "Apache-2.0", "model": "model.onnx",
            "variants": {"int8": "model-int8.onnx"}, **more, "inputs": inputs, "output": {"name": "probability", "decoder": "events", **output}}


def _features(rows, hop):
    return {"name": "features", "kind": "features", "features": "log-mel:kaldi", "bands": 40, "rate": 16000, "rows": rows, "hop_rows": hop}


class HitSound:
    """Short struck sounds in log-mel: one probability for each of four consecutive rows."""

    name, rows, outputs, steps = "hit-sound", 16, [8, 9, 10, 11], 6000
    begins_with = ()
    net = {"branches": {"features": Branch((1, 16, 40), -8.0, 5.0, [
        ("conv", 12, (3, 5), (1, 2), 0), ("relu",), ("conv", 16, 3, (1, 2), 0), ("relu",), ("conv", 24, 3, 2, 0), ("relu",), ("flatten",)])},
        "head": [("dense", 32), ("relu",), ("dense", 4)]}
    package = _package(name, "event", [_features(16, 4)], {"event": "hit", "shape": "instant", "threshold": 0.55, "rows": outputs, "min_gap_ms": 150})

    def __init__(self):
        self.pool = pools.clicks(101, 2400)
        clip, row = np.nonzero(self.pool["targets"] > 0.6)
        self.near = np.stack([clip, row], axis=1)

    def sample(self, rng, step, batch=384):
        count = self.pool["features"].shape[1]
        clips = rng.integers(0, self.pool["features"].shape[0], batch)
        starts = rng.integers(0, count - self.rows, batch)
        half = batch * 2 // 5
        picked = self.near[rng.integers(0, len(self.near), half)]
        clips[:half] = picked[:, 0]
        starts[:half] = np.clip(picked[:, 1] - rng.integers(3, 16, half), 0, count - self.rows)
        features = _louder(rng, _windows(self.pool, clips, starts, self.rows), 3.0)
        targets = self.pool["targets"][clips[:, None], starts[:, None] + np.asarray(self.outputs)]
        return {"features": features[:, None]}, targets, np.ones_like(targets)


class SpeechActivity:
    """Speech in log-mel: the probability that somebody speaks at one row."""

    name, rows, outputs, steps = "speech-activity", 48, [32], 6000
    begins_with = ()
    net = {"branches": {"features": Branch((1, 48, 40), -8.0, 5.0, [
        ("conv", 8, 3, 2, 0), ("relu",), ("conv", 16, 3, 2, 1), ("relu",), ("conv", 16, 3, 2, 1), ("relu",), ("flatten",)])},
        "head": [("dense", 32), ("relu",), ("dense", 1)]}
    package = _package(name, "event", [_features(48, 4)], {
        "event": "speech", "shape": "interval", "threshold": 0.5, "off_threshold": 0.35, "min_on_ms": 120, "min_off_ms": 200, "pad_ms": 30, "rows": outputs})

    def __init__(self):
        self.pool = pools.talk(102, 2400)

    def sample(self, rng, step, batch=384):
        clips = rng.integers(0, self.pool["features"].shape[0], batch)
        starts = rng.integers(0, self.pool["features"].shape[1] - self.rows, batch)
        features = _louder(rng, _windows(self.pool, clips, starts, self.rows), 4.0)
        targets = self.pool["targets"][clips, starts + self.outputs[0]][:, None]
        return {"features": features[:, None]}, targets, np.ones_like(targets)


def _pictures():
    return {"name": "pictures", "kind": "picture", "colour": "gray", "width": 64, "height": 48, "range": [0, 1], "fit": "stretch",
            "layout": "nchw", "frames": 5}


# 5 grey frames at 64x48, down to 24 channels at 4x3.
_EYE = Branch((5, 48, 64), 0.5, 0.25, [
    ("conv", 16, 5, 2, 0), ("relu",), ("conv", 16, 3, 2, 1), ("relu",), ("conv", 24, 3, 2, 1), ("relu",), ("conv", 24, 3, 2, 1), ("relu",), ("flatten",)])


class _Reels:
    """Windows of five frames from a pool of reels, many of them around a hit."""

    def __init__(self, pool):
        self.pool = pool
        self.near = np.stack(np.nonzero(pool["targets"] > 0.05), axis=1)

    def pick(self, rng, batch, share=0.5):
        """`(pictures, reels, frames)`: pictures in 0..1, mirrored, turned and toned at random; `frames` is the window's third."""
        reels = rng.integers(0, self.pool["frames"].shape[0], batch)
        centre = rng.integers(2, self.pool["frames"].shape[1] - 2, batch)
        part = int(batch * share)
        picked = self.near[rng.integers(0, len(self.near), part)]
        reels[:part] = picked[:, 0]
        # Around the hit too: one and two frames early and late are the hard negatives.
        centre[:part] = np.clip(picked[:, 1] + rng.choice([-2, -1, 0, 0, 0, 1, 2], part), 2, self.pool["frames"].shape[1] - 3)
        index = centre[:, None] + np.arange(-2, 3)[None, :]
        pictures = self.pool["frames"][reels[:, None], index].astype(np.float32) / 255
        # Mirrors of the picture; a bounce turned upside down is a bounce.
        for axis in (2, 3):
            flip = rng.random(batch) < 0.5
            pictures[flip] = np.flip(pictures[flip], axis)
        invert = rng.random(batch) < 0.3
        pictures[invert] = 1 - pictures[invert]
        gain, shift = rng.uniform(0.8, 1.1, (batch, 1, 1, 1)), rng.uniform(-0.1, 0.1, (batch, 1, 1, 1))
        pictures = (pictures - 0.5) * gain.astype(np.float32) + 0.5 + shift.astype(np.float32)
        return np.clip(pictures, 0, 1), reels, centre


def _many_reels():
    parts = [pools.reels(103, 2600), pools.reels(104, 2600)]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


class HitPicture:
    """A moving thing that changes direction at once, in five grey frames: the probability for the third."""

    name, steps = "hit-picture", 14000
    begins_with = ()
    net = {"branches": {"pictures": _EYE}, "head": [("dense", 32), ("relu",), ("dense", 1)]}
    package = _package(name, "event", [_pictures()], {"event": "hit", "shape": "instant", "threshold": 0.5, "frame": 2, "min_gap_ms": 150})

    def __init__(self):
        self.reels = _Reels(_many_reels())

    def sample(self, rng, step, batch=128):
        pictures, reels, frames = self.reels.pick(rng, batch)
        pool = self.reels.pool
        return {"pictures": pictures}, pool["targets"][reels, frames][:, None], pool["weights"][reels, frames][:, None]


class HitMoment:
    """A hit that is seen and heard at one moment: five grey frames and the log-mel rows that end with the newest."""

    name, rows, steps = "hit-moment", 24, 7000
    begins_with = ("hit-picture", "hit-sound")
    net = {"branches": {"pictures": _EYE, "features": Branch((1, 24, 40), -8.0, 5.0, [
        ("conv", 12, (3, 5), (1, 2), 0), ("relu",), ("conv", 16, 3, (1, 2), 0), ("relu",), ("conv", 16, 3, 2, 0), ("relu",), ("flatten",)])},
        "head": [("dense", 24), ("relu",), ("dense", 1)]}
    package = _package(name, "event", [_pictures(), _features(24, 1)], {
        "event": "hit", "shape": "instant", "threshold": 0.5, "frame": 2, "min_gap_ms": 150}, tick="picture")

    def __init__(self, reels=None, clicks=None):
        self.reels = _Reels(reels or _many_reels())
        self.pool = clicks or pools.clicks(101, 2400)
        self.times = [(int(clip), float(time)) for clip, time in self.pool["clicks"]]
        self.by_clip = {}
        for clip, time in self.times:
            self.by_clip.setdefault(clip, []).append(time)

    def sample(self, rng, step, batch=128):
        return self.cases(rng, batch)[:3]

    def cases(self, rng, batch):
        """`(inputs, targets, weights, kinds)`; a kind is 1 if a hit is seen at the third frame plus 2 if one is heard then."""
        pictures, reels, frames = self.reels.pick(rng, batch, 0.62)
        pool = self.reels.pool
        fps, offset = pool["fps"][reels], pool["offsets"][reels, frames]
        seen, weight = pool["targets"][reels, frames], pool["weights"][reels, frames].copy()
        # The newest picture is `ahead` seconds after the hit, or after its third frame where there is none.
        ahead = (2 - np.where(np.abs(offset) < 3, offset, 0)) / fps
        features = np.empty((batch, self.rows, 40), np.float32)
        heard = np.zeros(batch, np.float32)
        total = self.pool["features"].shape[1]
        for case in range(batch):
            kind = rng.random()
            clip, click = self.times[rng.integers(len(self.times))]
            if kind < 0.6:
                late = np.clip(rng.normal(0, 0.015), -0.045, 0.045)
            elif kind < 0.85:
                late = rng.choice([rng.uniform(-0.25, -0.09), rng.uniform(0.09, 0.25)])
            else:
                clip, click, late = rng.integers(self.pool["features"].shape[0]), rng.uniform(0.4, 5.5), 0.0
            newest = click - late + ahead[case]
            last = int(np.floor((newest * 16000 - 400) / 160))
            if not self.rows <= last + 1 <= total:
                clip, last = rng.integers(self.pool["features"].shape[0]), int(rng.integers(self.rows, total - 1))
                newest = (last * 160 + 400 + rng.uniform(0, 160)) / 16000
            features[case] = self.pool["features"][clip, last - self.rows + 1:last + 1]
            times = self.by_clip.get(clip, [])
            away = [abs(time - (newest - ahead[case])) for time in times]
            near = min(away, default=9.0)
            heard[case] = near < 0.05
            unsure = 0.05 <= near < 0.085
            # A click in the last 15 ms has hardly begun in the rows.
            unsure |= near < 0.085 and any(newest - 0.015 < time < newest + 0.03 for time in times)
            if unsure and seen[case] > 0.05:
                weight[case] = 0
        features = _louder(rng, features, 3.0)
        return {"pictures": pictures, "features": features[:, None]}, (seen * heard)[:, None], weight[:, None], (seen > 0.6) + 2 * (heard > 0)


RECIPES = {recipe.name: recipe for recipe in (HitSound, HitPicture, SpeechActivity, HitMoment)}
