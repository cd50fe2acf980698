#!/usr/bin/env python3
"""Makes the goldens of level in Tests/FeaturesTests/Goldens, by libebur128.

Needs libebur128 1.2.6 (Debian's libebur128-1) and numpy 2.4.6. Run from the repository's root, after
make_feature_goldens.py. Not needed to build or test. Files are little-endian 32-bit floats without a header:
  ebur128-CHANNELS-RATE.f32  [4]  of signal.f32 three times over, interleaved anew as so many channels at that rate:
                                  momentary loudness at the end, integrated loudness, largest true peak and largest sample peak of a channel
Tolerance in the tests: 1e-3 LU and dB, and 0.01 LU for the integrated loudness, whose gate falls on a histogram's bin.
"""
import ctypes
import pathlib

import numpy as np

VERSION = (1, 2, 6)
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens"
CASES = [(1, 16000), (2, 8000), (1, 22050), (1, 48000), (1, 96000), (2, 12000), (1, 11025)]
MODE_S, MODE_I, MODE_TRUE_PEAK = 3, 5, 49


def library():
    library = ctypes.CDLL("libebur128.so.1")
    parts = [ctypes.c_int() for _ in range(3)]
    library.ebur128_get_version(*[ctypes.byref(part) for part in parts])
    found = tuple(part.value for part in parts)
    if found != VERSION:
        raise SystemExit(f"libebur128 {VERSION} is needed, {found} is installed")
    library.ebur128_init.restype = ctypes.c_void_p
    library.ebur128_init.argtypes = [ctypes.c_uint, ctypes.c_ulong, ctypes.c_int]
    library.ebur128_add_frames_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    for name in ("momentary", "global"):
        getattr(library, "ebur128_loudness_" + name).argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    for name in ("true_peak", "sample_peak"):
        getattr(library, "ebur128_" + name).argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p]
    return library


def measure(library, x, channels, rate):
    # Whole blocks of 100 ms: what is beyond the last has no row.
    block = (rate + 5) // 10
    count = x.size // channels // block * block
    x = np.ascontiguousarray(x[: count * channels])
    state = library.ebur128_init(channels, rate, MODE_S | MODE_I | MODE_TRUE_PEAK)
    library.ebur128_add_frames_float(state, x.ctypes.data, count)
    value = ctypes.c_double()
    results = []
    for name in ("momentary", "global"):
        getattr(library, "ebur128_loudness_" + name)(state, ctypes.byref(value))
        results.append(value.value)
    for name in ("true_peak", "sample_peak"):
        largest = 0
        for channel in range(channels):
            getattr(library, "ebur128_" + name)(state, channel, ctypes.byref(value))
            largest = max(largest, value.value)
        results.append(20 * np.log10(largest))
    return np.array(results, dtype="<f4")


def main():
    x = np.tile(np.fromfile(FOLDER / "signal.f32", dtype="<f4"), 3)
    for channels, rate in CASES:
        values = measure(library(), x, channels, rate)
        values.tofile(FOLDER / f"ebur128-{channels}-{rate}.f32")
        print(channels, rate, values)


if __name__ == "__main__":
    main()
