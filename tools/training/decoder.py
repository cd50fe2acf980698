"""The event decoders of the packages, as the program has them."""

import numpy as np


def instants(times, probabilities, threshold, min_gap):
    """Event times: the highest value of each stretch at or above `threshold`; of peaks closer than `min_gap` seconds the higher stays."""
    peaks, best = [], None
    for time, value in zip(times, probabilities):
        if value >= threshold:
            if best is None or value > best[1]:
                best = (time, value)
        elif best is not None:
            peaks.append(best)
            best = None
    if best is not None:
        peaks.append(best)
    merged = []
    for peak in peaks:
        if merged and peak[0] - merged[-1][0] < min_gap:
            if peak[1] > merged[-1][1]:
                merged[-1] = peak
        else:
            merged.append(peak)
    return [float(time) for time, _ in merged]


def intervals(times, probabilities, on, off, min_on, min_off, pad):
    """Intervals `[start, end]`: on at or above `on`, off below `off`; gaps under `min_off` close, then spans under `min_on` go, then `pad`."""
    spans, start = [], None
    step = times[1] - times[0] if len(times) > 1 else 0.0
    for time, value in zip(times, probabilities):
        if start is None and value >= on:
            start = time
        elif start is not None and value < off:
            spans.append([start, time])
            start = None
    if start is not None:
        spans.append([start, times[-1] + step])
    closed = []
    for span in spans:
        if closed and span[0] - closed[-1][1] < min_off:
            closed[-1][1] = span[1]
        else:
            closed.append(span)
    return [[max(0.0, a - pad), b + pad] for a, b in closed if b - a >= min_on]


def match(found, true, tolerance):
    """`(hits, extra, missed, errors)`: each true time takes the nearest found one within `tolerance`, at most once."""
    left, errors = list(found), []
    for time in true:
        near = min(left, key=lambda other: abs(other - time), default=None)
        if near is not None and abs(near - time) <= tolerance:
            errors.append(near - time)
            left.remove(near)
    return len(errors), len(left), len(true) - len(errors), np.asarray(errors)
