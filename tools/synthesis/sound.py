"""Clicks and backgrounds. Sounds are float32 arrays in [-1, 1], one channel."""

import numpy as np


def click(rng, rate, decay, pitch, brightness=0.5):
    """A struck sound that starts at its first sample: decaying partials and a burst of noise.

    `decay` is the time constant in seconds, `pitch` the lowest partial in Hz, `brightness` (0..1) the noise's share.
    The peak is 1.
    """
    t = np.arange(int(rate * decay * 7)) / rate
    tone = np.zeros_like(t)
    for _ in range(rng.integers(1, 5)):
        partial = pitch * rng.uniform(1, 3.5)
        if partial < 0.45 * rate:
            tone += rng.uniform(0.3, 1) * np.sin(2 * np.pi * partial * t + rng.uniform(0, 6.28)) * np.exp(
                -t / (decay * rng.uniform(0.5, 1.0)))
    noise = rng.standard_normal(t.size) * np.exp(-t / (decay * rng.uniform(0.3, 0.7)))
    tone /= np.abs(tone).max() + 1e-9
    noise /= np.abs(noise).max() + 1e-9
    sound = (1 - brightness) * tone + brightness * noise
    return (sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)


def coloured_noise(rng, count, tilt):
    """Noise whose spectrum falls with frequency to the power `tilt` (0 white, 1 pink, 2 brown); root mean square 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    bins = np.arange(spectrum.size, dtype=np.float64)
    bins[0] = 1
    spectrum *= np.maximum(bins, count * 20 / 48_000) ** (-tilt / 2)
    sound = np.fft.irfft(spectrum, count)
    return (sound / (np.sqrt(np.mean(sound**2)) + 1e-12)).astype(np.float32)


def add_at(sound, piece, start):
    """Adds `piece` to `sound` from sample `start`, cut at both ends."""
    begin, end = max(0, start), min(sound.size, start + piece.size)
    if begin < end:
        sound[begin:end] += piece[begin - start:end - start]


def level(decibels):
    """The factor of a level in dB."""
    return 10.0 ** (decibels / 20)
