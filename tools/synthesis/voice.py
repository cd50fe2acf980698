"""Speech by espeak-ng, and where in it somebody speaks."""

import io
import subprocess
import wave

import numpy as np
import scipy.signal


def speak(text, voice, speed=160, pitch=50, rate=16_000):
    """`text` spoken by the espeak-ng voice `voice`, resampled to `rate`; peak 0.9 or silence if nothing was said."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    data = bytearray(subprocess.run(command, check=True, capture_output=True).stdout)
    if len(data) < 100:
        return np.zeros(0, np.float32)
    # espeak-ng writes to a pipe with the lengths left open.
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    data[40:44] = (len(data) - 44).to_bytes(4, "little")
    with wave.open(io.BytesIO(bytes(data))) as file:
        source = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768
    if source != rate:
        divisor = np.gcd(source, rate)
        samples = scipy.signal.resample_poly(samples, rate // divisor, source // divisor)
    peak = np.abs(samples).max() if samples.size else 0
    return (samples * (0.9 / peak) if peak > 0 else samples).astype(np.float32)


def spoken(samples, rate, floor_db=-42.0, bridge=0.2):
    """Intervals `[start, end]` in seconds where the clean `samples` are within `floor_db` of the loudest 20 ms.

    Pauses shorter than `bridge` seconds belong to the speech around them.
    """
    hop = rate // 100
    count = samples.size // hop
    if count < 3:
        return []
    energy = np.mean(samples[:count * hop].reshape(count, hop).astype(np.float64) ** 2, axis=1)
    energy = np.convolve(energy, [0.5, 0.5])[:count]
    loud = np.flatnonzero(energy > energy.max() * 10 ** (floor_db / 10))
    intervals = []
    for index in loud:
        start, end = index * hop / rate, (index + 1) * hop / rate
        if intervals and start - intervals[-1][1] < bridge:
            intervals[-1][1] = end
        else:
            intervals.append([start, end])
    return intervals


def trimmed(samples, rate):
    """`samples` without the silence before and after the speech."""
    intervals = spoken(samples, rate)
    if not intervals:
        return samples[:0]
    return samples[int(intervals[0][0] * rate):int(intervals[-1][1] * rate)]
