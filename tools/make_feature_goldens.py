#!/usr/bin/env python3
"""Makes the goldens of Tests/FeaturesTests/Goldens: a signal, and its features by kaldi-native-fbank.

Needs kaldi-native-fbank 1.22.5 and numpy 2.4.6 (pip install kaldi-native-fbank==1.22.5 numpy==2.4.6). Run from the
repository's root. Not needed to build or test. Files are little-endian 32-bit floats without a header; shapes:
  signal.f32              [17280]      1.08 s at 16 kHz: a chirp, harmonics that come and go, noise, clicks, silence
  kaldi-log-mel-80.f32    [106, 80]    16 kHz
  kaldi-log-mel-40-22k.f32 [77, 40]    the same samples taken as 22.05 kHz (window of 551 samples)
  kaldi-mfcc-13.f32       [106, 13]    16 kHz, coefficient 0 is the energy
  kaldi-mfcc-13-c0.f32    [106, 13]    16 kHz, use_energy off
Tolerance in the tests: log-mel (natural log) 2e-3, and 4e-4 on 99.9 % of values (bands with little energy beside a
loud one carry the rounding of single precision: the reference itself is 9e-4 off exact arithmetic there); MFCC 2e-3.
"""
import pathlib

import kaldi_native_fbank as knf
import numpy as np

VERSION = "1.22.5"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens"


def signal():
    rng = np.random.default_rng(20260101)
    t = np.arange(17280) / 16000
    x = 0.3 * np.sin(2 * np.pi * (80 * t + 3500 * t * t))
    voiced = 0.5 * (1 + np.sin(2 * np.pi * 4 * t))
    x += 0.2 * voiced * sum(np.sin(2 * np.pi * 140 * k * t + k) / k for k in range(1, 12))
    x += 0.01 * rng.standard_normal(t.size) + 0.05
    x[9000:9003] = [1.0, -1.0, 0.7]
    x[12000:13600] = 0
    return x.astype("<f4")


def rows(computer, x, rate):
    computer.accept_waveform(rate, x.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)]).astype("<f4")


def fbank(x, rate, bands):
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = bands
    return rows(knf.OnlineFbank(options), x, rate)


def mfcc(x, rate, use_energy):
    options = knf.MfccOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.dither = 0
    options.use_energy = use_energy
    return rows(knf.OnlineMfcc(options), x, rate)


def main():
    if knf.__version__ != VERSION:
        raise SystemExit(f"kaldi-native-fbank {VERSION} is needed, {knf.__version__} is installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    x = signal()
    for name, values in {
        "signal": x,
        "kaldi-log-mel-80": fbank(x, 16000, 80),
        "kaldi-log-mel-40-22k": fbank(x, 22050, 40),
        "kaldi-mfcc-13": mfcc(x, 16000, True),
        "kaldi-mfcc-13-c0": mfcc(x, 16000, False),
    }.items():
        values.tofile(FOLDER / f"{name}.f32")
        print(name, values.shape)


if __name__ == "__main__":
    main()
