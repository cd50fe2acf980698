"""A ball that hits walls: exact trajectories and antialiased pictures.

Coordinates are pixels, the origin is the upper left corner of the picture; times are seconds.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Segment:
    """A stretch of flight without a hit: position and velocity at `time`, and a constant acceleration downwards."""

    time: float
    x: float
    y: float
    vx: float
    vy: float
    gravity: float

    def at(self, time):
        """Position `(x, y)` at `time`."""
        s = time - self.time
        return self.x + self.vx * s, self.y + self.vy * s + 0.5 * self.gravity * s * s


@dataclass
class Hit:
    """The moment of contact, the wall, and the jump in velocity (pixels a second)."""

    time: float
    wall: str
    jump: float


def _next_wall(segment, box):
    """Time from the start of the segment to the next wall, and that wall's name."""
    left, top, right, bottom = box
    found = []
    if segment.vx > 0:
        found.append(((right - segment.x) / segment.vx, "right"))
    elif segment.vx < 0:
        found.append(((left - segment.x) / segment.vx, "left"))
    for wall, limit in (("top", top), ("bottom", bottom)):
        a, b, c = 0.5 * segment.gravity, segment.vy, segment.y - limit
        if abs(a) < 1e-9:
            roots = [-c / b] if abs(b) > 1e-9 else []
        else:
            d = b * b - 4 * a * c
            roots = [] if d < 0 else [(-b - d**0.5) / (2 * a), (-b + d**0.5) / (2 * a)]
        for root in roots:
            speed = b + segment.gravity * root
            outwards = speed < 0 if wall == "top" else speed > 0
            if root > 1e-6 and outwards:
                found.append((root, wall))
    return min(found) if found else (float("inf"), "none")


def fly(rng, duration, box, speed, gravity=0.0, min_gap=0.3, min_normal=0.45):
    """Flight of a ball's centre inside `box` (left, top, right, bottom) with rough walls.

    After each hit the direction is drawn anew, so that hits are at least `min_gap` seconds apart and meet their wall
    at `min_normal` of the speed or more. Returns the segments and the hits before `duration`.
    """
    left, top, right, bottom = box
    x, y = rng.uniform(left, right), rng.uniform(top, bottom)
    time, wall = 0.0, None
    segments, hits = [], []
    before = (0.0, 0.0)
    while time < duration:
        best = None
        for _ in range(60):
            pace, angle = rng.uniform(*speed), rng.uniform(0, 2 * np.pi)
            vx, vy = pace * np.cos(angle), pace * np.sin(angle)
            if wall in ("left", "right"):
                vx = abs(vx) if wall == "left" else -abs(vx)
            if wall in ("top", "bottom"):
                vy = abs(vy) if wall == "top" else -abs(vy)
            inward = {"left": vx, "right": -vx, "top": vy, "bottom": -vy}.get(wall, pace)
            segment = Segment(time, x, y, vx, vy, gravity)
            length, following = _next_wall(segment, box)
            meeting = abs(vx) if following in ("left", "right") else abs(vy + gravity * min(length, 9.0))
            # How far the conditions are from being met; the first direction that meets all is taken.
            lack = max(0.0, min_gap - length) / min_gap
            lack += max(0.0, min_normal - meeting / pace) + max(0.0, min_normal - inward / pace)
            if best is None or lack < best[0]:
                best = (lack, segment, length, following)
            if lack == 0:
                break
        _, segment, length, following = best
        if wall is not None:
            hits.append(Hit(time, wall, float(np.hypot(segment.vx - before[0], segment.vy - before[1]))))
        segments.append(segment)
        if not np.isfinite(length):
            break
        before = (segment.vx, segment.vy + gravity * length)
        time += length
        x, y = segment.at(time)
        x, y, wall = float(np.clip(x, left, right)), float(np.clip(y, top, bottom)), following
    return segments, hits


def position(segments, time):
    """Position at `time`, from the last segment that starts at or before it."""
    index = max(0, int(np.searchsorted([s.time for s in segments], time, side="right")) - 1)
    return segments[index].at(time)


def draw(picture, x, y, radius, colour, shape="disc"):
    """Draws a disc, a ring or a square into `picture` (float, [height, width] or [height, width, 3]), antialiased."""
    height, width = picture.shape[:2]
    reach = radius * 1.5 + 2
    x0, x1 = max(0, int(x - reach)), min(width, int(x + reach) + 1)
    y0, y1 = max(0, int(y - reach)), min(height, int(y + reach) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    dx = np.arange(x0, x1, dtype=np.float32)[None, :] + 0.5 - x
    dy = np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - y
    if shape == "square":
        side = radius * 0.9
        cover = np.clip(side - np.abs(dx) + 0.5, 0, 1) * np.clip(side - np.abs(dy) + 0.5, 0, 1)
    else:
        distance = np.sqrt(dx * dx + dy * dy)
        cover = np.clip(radius - distance + 0.5, 0, 1)
        if shape == "ring":
            cover = cover * np.clip(distance - radius * 0.55 + 0.5, 0, 1)
    if picture.ndim == 3:
        cover = cover[:, :, None]
    patch = picture[y0:y1, x0:x1]
    patch += cover * (np.asarray(colour, np.float32) - patch)
