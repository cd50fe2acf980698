#!/usr/bin/env python3
"""Makes the goldens of tone and rhythm in Tests/FeaturesTests/Goldens, by librosa.

Needs librosa 0.11.0 and numpy 2.4.6 (pip install librosa==0.11.0 numpy==2.4.6). Run from the repository's root, after
make_feature_goldens.py. Not needed to build or test. Files are little-endian 32-bit floats without a header. The sound
is signal.f32 ([17280]), taken at 16, 22.05 and 48 kHz:
  librosa-onset-strength-RATE.f32  [34]   onset_strength of power_to_db(melspectrogram, top_db=None)
Tolerances are stated in the tests.
"""
import pathlib

import librosa
import numpy as np

VERSION = "0.11.0"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens"
RATES = [16000, 22050, 48000]


def onset_strength(y, rate):
    mel = librosa.feature.melspectrogram(y=y, sr=rate, fmax=rate / 2)
    return librosa.onset.onset_strength(S=librosa.power_to_db(mel, top_db=None), sr=rate)


def write(name, values):
    np.asarray(values, dtype="<f4").tofile(FOLDER / f"{name}.f32")
    print(name, np.shape(values))


def main():
    if librosa.__version__ != VERSION:
        raise SystemExit(f"librosa {VERSION} is needed, {librosa.__version__} is installed")
    y = np.fromfile(FOLDER / "signal.f32", dtype="<f4")
    for rate in RATES:
        write(f"librosa-onset-strength-{rate}", onset_strength(y, rate))


if __name__ == "__main__":
    main()
