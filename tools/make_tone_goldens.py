#!/usr/bin/env python3
"""Makes the goldens of tone and rhythm in Tests/FeaturesTests/Goldens, by librosa.

Needs librosa 0.11.0 and numpy 2.4.6 (pip install librosa==0.11.0 numpy==2.4.6). Run from the repository's root, after
make_feature_goldens.py. Not needed to build or test. Files are little-endian 32-bit floats without a header. The sound
is signal.f32 ([17280]), taken at 16, 22.05 and 48 kHz:
  librosa-onset-strength-RATE.f32  [34]   onset_strength of power_to_db(melspectrogram, top_db=None)
  librosa-QUANTITY-RATE.f32        [34], [34, 7] of contrast, [34, 12] of chroma: zero-crossings, centroid, bandwidth,
                                   rolloff, flatness, contrast (with top_db=None), chroma (with tuning=0), and flux,
                                   which librosa has not: by NumPy from its spectra
  librosa-onsets-RATE.f32          [n]    onset_detect(normalize=False, delta=1) of that onset strength, in frames
  librosa-onsets-drums.f32         [n]    the same of drums() at 100 beats a minute
  librosa-tempo-drums.f32          [9, 5] tempo() by frame in the middle of drums() at each of TEMPOS, from 172 every 43
  librosa-pyin-jfk.f32             [n]    pyin(fmin=60, fmax=400, frame_length=1024, hop_length=160) of jfk.wav at 16 kHz
                                          (given as an argument), in hertz, 0 where it finds no voice
Tolerances are stated in the tests.
"""
import pathlib
import sys

import librosa
import numpy as np

VERSION = "0.11.0"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens"
RATES = [16000, 22050, 48000]
TEMPOS = [60, 72, 84, 95, 100, 120, 133, 150, 180]


def onset_strength(y, rate):
    mel = librosa.feature.melspectrogram(y=y, sr=rate, fmax=rate / 2)
    return librosa.onset.onset_strength(S=librosa.power_to_db(mel, top_db=None), sr=rate)


def drums(tempo, seconds=12, rate=22050):
    """A low drum on each beat, a hiss between beats, faint noise. The tests make the same samples."""
    count = seconds * rate
    noise = np.empty(count)
    state = 1
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        noise[i] = state / 2**31 - 1
    y = 0.002 * noise
    beat = 0
    while (start := round(beat * 30 / tempo * rate)) < count:
        end = min(count, start + rate // 5)
        t = np.arange(end - start) / rate
        if beat % 2 == 0:
            y[start:end] += 0.8 * np.sin(2 * np.pi * 60 * t) * np.exp(-20 * t)
        else:
            y[start:end] += 0.2 * noise[start:end] * np.exp(-60 * t)
        beat += 1
    return y.astype("<f4")


def onsets(strength, rate):
    return librosa.onset.onset_detect(onset_envelope=strength, sr=rate, normalize=False, delta=1)


def tempos(strength, rate=22050):
    tempogram = librosa.feature.tempogram(onset_envelope=strength, sr=rate, win_length=344)
    return librosa.feature.tempo(tg=tempogram, sr=rate, aggregate=None)[172:345:43]


def flux(y):
    magnitudes = np.abs(librosa.stft(y)).astype(float)
    length = np.linalg.norm(magnitudes, axis=0)
    unit = magnitudes / np.where(length > 0, length, 1)
    return np.concatenate([[0], np.linalg.norm(np.diff(unit, axis=1), axis=0)])


def contrast(y, rate):
    convert = librosa.feature.spectral.power_to_db
    librosa.feature.spectral.power_to_db = lambda power: convert(power, top_db=None)
    try:
        return librosa.feature.spectral_contrast(y=y, sr=rate).T
    finally:
        librosa.feature.spectral.power_to_db = convert


def shapes(y, rate):
    feature = librosa.feature
    return {
        "zero-crossings": feature.zero_crossing_rate(y)[0],
        "centroid": feature.spectral_centroid(y=y, sr=rate)[0],
        "bandwidth": feature.spectral_bandwidth(y=y, sr=rate)[0],
        "rolloff": feature.spectral_rolloff(y=y, sr=rate)[0],
        "flatness": feature.spectral_flatness(y=y)[0],
        "flux": flux(y),
        "contrast": contrast(y, rate),
        "chroma": feature.chroma_stft(y=y, sr=rate, tuning=0).T,
    }


def write(name, values):
    np.asarray(values, dtype="<f4").tofile(FOLDER / f"{name}.f32")
    print(name, np.shape(values))


def main():
    if librosa.__version__ != VERSION:
        raise SystemExit(f"librosa {VERSION} is needed, {librosa.__version__} is installed")
    y = np.fromfile(FOLDER / "signal.f32", dtype="<f4")
    for rate in RATES:
        strength = onset_strength(y, rate)
        write(f"librosa-onset-strength-{rate}", strength)
        write(f"librosa-onsets-{rate}", onsets(strength, rate))
        for name, values in shapes(y, rate).items():
            write(f"librosa-{name}-{rate}", values)
    write("librosa-onsets-drums", onsets(onset_strength(drums(100), 22050), 22050))
    write("librosa-tempo-drums", [tempos(onset_strength(drums(tempo), 22050)) for tempo in TEMPOS])
    if len(sys.argv) > 1:
        speech, _ = librosa.load(sys.argv[1], sr=16000)
        f0, _, _ = librosa.pyin(speech, fmin=60, fmax=400, sr=16000, frame_length=1024, hop_length=160)
        write("librosa-pyin-jfk", np.nan_to_num(f0))


if __name__ == "__main__":
    main()
