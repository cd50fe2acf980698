"""Random moving pictures with the times of the hits in them, as grey 64x48 frames."""

import io
from dataclasses import dataclass

import av
import numpy as np
import scipy.ndimage

from synthesis.ball import draw, fly, position

WIDTH, HEIGHT, FRAMES = 320, 240, 40


@dataclass
class Reel:
    """Frames [frames, 48, 64] of 0..255, the hits in frames after the first, and how far each hit moves the ball.

    `jumps` are the changes of velocity in pixels of the 64x48 picture a frame.
    """

    frames: np.ndarray
    fps: float
    hits: list
    jumps: list


def shrink(picture):
    """Area average of [240, 320] to [48, 64]."""
    return picture.reshape(48, 5, 64, 5).mean(axis=(1, 3))


def texture(rng):
    """A still background, [240, 320] of 0..255."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    base = rng.uniform(10, 245)
    kind = rng.integers(0, 5)
    if kind == 0:
        picture = np.full((HEIGHT, WIDTH), base, np.float32)
    elif kind == 1:
        picture = base + rng.uniform(-90, 90) * (x / WIDTH - 0.5) + rng.uniform(-90, 90) * (y / HEIGHT - 0.5)
    elif kind == 2:
        size = rng.integers(8, 60)
        picture = base + rng.uniform(4, 45) * (((x // size) + (y // size)) % 2)
    elif kind == 3:
        angle, pitch = rng.uniform(0, 3.2), rng.uniform(8, 80)
        picture = base + rng.uniform(4, 40) * np.sin((x * np.cos(angle) + y * np.sin(angle)) / pitch * 6.28)
    else:
        grain = sum(scipy.ndimage.zoom(rng.standard_normal((HEIGHT // s + 1, WIDTH // s + 1)), s, order=1)[:HEIGHT, :WIDTH] * s**0.5
                    for s in (4, 16, 40))
        picture = base + grain * rng.uniform(1, 9)
    for _ in range(rng.integers(0, 5) if rng.random() < 0.5 else 0):
        left, top = rng.integers(0, WIDTH), rng.integers(0, HEIGHT)
        picture[top:top + rng.integers(5, 120), left:left + rng.integers(5, 120)] = rng.uniform(0, 255)
    return np.clip(picture, 0, 255).astype(np.float32)


def _smooth_path(rng, scale):
    """A path without corners: straight through the picture, an ellipse, or a fall; position after `t` frames."""
    kind = rng.integers(0, 4)
    cx, cy, angle = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(0, 6.28)
    if kind == 0:
        return lambda t: (cx, cy)
    if kind == 1:
        span = rng.uniform(0, FRAMES)
        return lambda t: (cx + scale * np.cos(angle) * (t - span), cy + scale * np.sin(angle) * (t - span))
    if kind == 2:
        reach = rng.uniform(20, 120)
        turn = min(scale / reach, 0.35)
        return lambda t: (cx + reach * np.cos(angle + turn * t), cy + reach * 0.7 * np.sin(angle + turn * t))
    pull = rng.uniform(-0.7, 0.7)
    return lambda t: (cx + scale * np.cos(angle) * t, cy + scale * np.sin(angle) * t + 0.5 * pull * t * t)


def _through_h264(rng, frames, fps):
    """The [frames, 240, 320] pictures encoded at a random quality and decoded again."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=int(fps))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": str(rng.integers(18, 38)), "preset": "veryfast", "threads": "1"}
        for frame in frames:
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = frame
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as container:
        container.streams.video[0].thread_type = "NONE"
        return [frame.to_ndarray()[:HEIGHT].astype(np.float32) for frame in container.decode(video=0)]


def reel(rng):
    """A random reel: a ball that bounces, smooth motion, or none; with distractors, blur, noise and compression."""
    fps = float(rng.choice([24, 25, 30, 50, 60]))
    duration = FRAMES / fps
    scale = np.exp(rng.uniform(np.log(2.5), np.log(18)))  # pixels a frame
    movers, hits, jumps = [], [], []
    picture = texture(rng)
    if rng.random() < 0.78:
        for _ in range(2 if rng.random() < 0.08 else 1):
            radius = rng.uniform(8, 32)
            inset = rng.uniform(0, 45, 4) if rng.random() < 0.6 else np.zeros(4)
            if inset.any() and rng.random() < 0.7:
                left, top, right, bottom = inset.astype(int)
                wall = rng.uniform(0, 255)
                picture[:top], picture[HEIGHT - bottom:] = wall, wall
                picture[:, :left], picture[:, WIDTH - right:] = wall, wall
            box = (inset[0] + radius, inset[1] + radius, WIDTH - inset[2] - radius, HEIGHT - inset[3] - radius)
            gravity = rng.uniform(0.2, 1.0) * scale / 10 * fps * fps if rng.random() < 0.35 else 0.0
            segments, found = fly(rng, duration, box, (scale * fps * 0.7, scale * fps * 1.3), gravity, 5.5 / fps, 0.35)
            movers.append((lambda t, s=segments: position(s, t / fps), radius))
            hits += [hit.time * fps for hit in found]
            jumps += [hit.jump / fps / 5 for hit in found]
    for _ in range(rng.integers(1, 4) if not movers else int(rng.random() < 0.25)):
        movers.append((_smooth_path(rng, scale), rng.uniform(5, 45)))
    looks = []
    for _, radius in movers:
        colour = rng.uniform(0, 255)
        while abs(colour - picture.mean()) < 40:
            colour = rng.uniform(0, 255)
        looks.append((radius, colour, str(rng.choice(["disc", "disc", "ring", "square"]))))
    scroll = rng.uniform(-4, 4, 2) if rng.random() < 0.15 else None
    blur = rng.uniform(0.2, 0.9) if rng.random() < 0.35 else 0.0
    cut = rng.integers(3, FRAMES - 3) if rng.random() < 0.12 else None
    flicker = rng.uniform(0, 0.12) if rng.random() < 0.2 else 0.0
    frames = []
    for index in range(FRAMES):
        if cut == index:
            picture = texture(rng)
            if rng.random() < 0.5:
                movers, looks = [], []
        still = picture
        if scroll is not None:
            still = scipy.ndimage.shift(picture, scroll * index, order=1, mode="wrap")
        taps = (-blur / 2, 0.0, blur / 2) if blur else (0.0,)
        total = np.zeros_like(picture)
        for tap in taps:
            layer = still.copy()
            for (path, _), (radius, colour, shape) in zip(movers, looks):
                draw(layer, *path(index + tap), radius, colour, shape)
            total += layer
        frames.append(total / len(taps) * (1 + flicker * np.sin(index * 1.9)))
    if cut is not None and not movers:
        kept = [k for k, hit in enumerate(hits) if hit < cut - 0.5]
        hits, jumps = [hits[k] for k in kept], [jumps[k] for k in kept]
    frames = np.clip(frames, 0, 255)
    if rng.random() < 0.35:
        grain = rng.uniform(0, 8)
        noisy = frames + grain * rng.standard_normal(frames.shape, dtype=np.float32) if rng.random() < 0.5 else frames
        frames = _through_h264(rng, np.clip(noisy, 0, 255).astype(np.uint8), fps)
    small = np.stack([shrink(frame) for frame in frames])
    small = (small - 128) * rng.uniform(0.6, 1.1) + 128 + rng.uniform(-20, 20)
    small += rng.uniform(0, 3) * (rng.random() < 0.6) * rng.standard_normal(small.shape)
    return Reel(np.clip(small, 0, 255).round().astype(np.uint8), fps, hits, jumps)
