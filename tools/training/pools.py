"""Pools of training data, made once from a seed and kept in a cache folder."""

from pathlib import Path

import numpy as np

from training.features import log_mel, row_times
from training.scenery import reel
from training.soundscapes import click_scene, speech_scene, through_aac, utterances

CACHE = Path(__file__).parents[2] / ".build" / "training"


def cached(name, make):
    """The arrays that `make()` returns as a dictionary, from the cache if they are there."""
    path = CACHE / f"{name}.npz"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"making {name}", flush=True)
        np.savez(path, **make())
    with np.load(path) as file:
        return {key: file[key] for key in file.files}


def voices(seed, count, names=None):
    """Clean utterances, as a list of arrays."""
    def make():
        pieces = utterances(seed, count, names)
        return {"samples": np.concatenate(pieces), "ends": np.cumsum([piece.size for piece in pieces])}

    pool = cached(f"voices-{seed}-{count}", make)
    return np.split(pool["samples"], pool["ends"][:-1])


def click_targets(times, rows, width=0.006):
    """One soft target a row: 1 where a click starts at the row's centre, falling off as a Gaussian of `width` seconds."""
    target = np.zeros(rows, np.float32)
    centres = row_times(rows)
    for time in times:
        target = np.maximum(target, np.exp(-0.5 * ((centres - time) / width) ** 2))
    return target.astype(np.float32)


def clicks(seed, count):
    """Features and targets of `count` click scenes: `features` [count, rows, 40] float16, `targets` [count, rows].

    `clicks` [clicks, 2] holds the scene and the time in seconds of each.
    """
    speech = voices(11, 900)

    def make():
        rng = np.random.default_rng(seed)
        features, targets, found = [], [], []
        for index in range(count):
            sound, times = click_scene(rng, speech)
            found += [(index, time) for time in times]
            if index % 6 == 0:
                sound = through_aac(rng, sound)
            rows = log_mel(sound)
            features.append(rows.astype(np.float16))
            targets.append(click_targets(times, len(rows)))
        return {"features": np.stack(features), "targets": np.stack(targets), "clicks": np.asarray(found)}

    return cached(f"clicks-{seed}-{count}", make)


def talk(seed, count):
    """Features and targets of `count` speech scenes, shaped as those of `clicks`; targets are 0 or 1."""
    speech = voices(11, 900)

    def make():
        rng = np.random.default_rng(seed)
        features, targets = [], []
        for _ in range(count):
            sound, intervals = speech_scene(rng, speech)
            rows = log_mel(sound)
            centres = row_times(len(rows))
            spoken = np.zeros(len(rows), np.float32)
            for start, end in intervals:
                spoken[(centres >= start) & (centres <= end)] = 1
            features.append(rows.astype(np.float16))
            targets.append(spoken)
        return {"features": np.stack(features), "targets": np.stack(targets)}

    return cached(f"talk-{seed}-{count}", make)


def reels(seed, count):
    """Random moving pictures: `frames` [count, frames, 48, 64] uint8, `fps` [count]; `targets` and `weights` [count, frames].

    A target is 1 where the ball hits exactly at a frame, falling off as a Gaussian of half a frame; `offsets` is the
    distance in frames from each frame to its nearest hit (99: none). Hits too gentle to be seen at this size weigh 0.
    """
    def make():
        rng = np.random.default_rng(seed)
        frames, rates, targets, weights, offsets = [], [], [], [], []
        for _ in range(count):
            one = reel(rng)
            index = np.arange(len(one.frames))
            target, weight, offset = np.zeros(index.size), np.ones(index.size), np.full(index.size, 99.0)
            for hit, jump in zip(one.hits, one.jumps):
                target = np.maximum(target, np.exp(-0.5 * ((index - hit) / 0.5) ** 2))
                offset = np.where(np.abs(hit - index) < np.abs(offset), hit - index, offset)
                if jump < 0.6:
                    weight[np.abs(index - hit) < 1.6] = 0
            frames.append(one.frames)
            rates.append(one.fps)
            targets.append(target)
            weights.append(weight)
            offsets.append(offset)
        return {"frames": np.stack(frames), "fps": np.asarray(rates, np.float32), "targets": np.stack(targets).astype(np.float32),
                "weights": np.stack(weights).astype(np.float32), "offsets": np.stack(offsets).astype(np.float32)}

    return cached(f"reels-{seed}-{count}", make)
