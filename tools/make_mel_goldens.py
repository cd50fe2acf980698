#!/usr/bin/env python3
"""Makes the goldens of the spectra and mel presets in Tests/FeaturesTests/Goldens, from the signal that is there.

Run from the repository's root after make_feature_goldens.py. Not needed to build or test. What is made with what:
  scipy, librosa 0.11.0 (stft-*, librosa-*), transformers 5.23.0 (whisper-*), kaldi-native-fbank 1.22.5 (kaldi-*): always.
  torch and torchaudio 2.9.1 (torchaudio-*): with --torchaudio; they are not in requirements.txt, as they are large.
  openWakeWord's melspectrogram.onnx of v0.5.1, run by onnxruntime (speech-embedding): with --openwakeword FILE.
  pymicro-features 2.0.2 (micro): with --micro.
  NumPy alone (yamnet, speech-commands, kaldi-deltas): no original at hand. The first two are written down here from the code of
  YAMNet's features.py, of MLPerf Tiny's get_dataset.py and tf.signal, deltas from the description of Kaldi's add-deltas.
Each of the last four needs no package of the others: run it in an environment of its own with --only.
Files are little-endian 32-bit floats without a header, [rows, values]; the signal is taken as 16 kHz.
"""
import argparse
import hashlib
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens"
RATE = 16000
MELSPECTROGRAM = "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f"


def save(name, rows):
    rows = np.ascontiguousarray(rows, dtype="<f4")
    rows.tofile(FOLDER / f"{name}.f32")
    print(name, rows.shape)


def need(module, version):
    if module.__version__.split("+")[0] != version:
        raise SystemExit(f"{module.__name__} {version} is needed, {module.__version__} is installed")


def complex_rows(spectrum):
    rows = np.ascontiguousarray(spectrum.T.astype(np.complex64))
    return rows.view(np.float32)


def spectra(x):
    import librosa
    import scipy.signal
    need(librosa, "0.11.0")
    short = x[:4000].astype(np.float64)
    # Even and odd lengths, each padding, a window shorter than the transform, several window functions.
    for name, n_fft, hop, length, window, mode in [
            ("even", 256, 100, 256, "hann", "reflect"), ("odd", 255, 90, 255, "hamming", "constant"),
            ("short", 300, 128, 200, "blackman", "edge"), ("harris", 128, 64, 128, "blackmanharris", "symmetric")]:
        rows = librosa.stft(short, n_fft=n_fft, hop_length=hop, win_length=length, window=window, pad_mode=mode)
        save(f"stft-{name}", complex_rows(rows))
        back = librosa.istft(rows, n_fft=n_fft, hop_length=hop, win_length=length, window=window)
        save(f"istft-{name}", back)
    _, _, rows = scipy.signal.stft(
        short, window="bartlett", nperseg=200, noverlap=80, nfft=201, boundary=None, padded=False)
    # SciPy divides by the window's sum.
    save("stft-scipy", complex_rows(rows * scipy.signal.get_window("bartlett", 200).sum()))


def librosa_presets(x):
    import librosa
    mel = librosa.feature.melspectrogram(y=x, sr=RATE)
    save("librosa-mel", mel.T)
    save("librosa-log-mel", librosa.power_to_db(mel).T)
    mfcc = librosa.feature.mfcc(y=x, sr=RATE)
    save("librosa-mfcc", mfcc.T)
    save("librosa-mfcc-lifter", librosa.feature.mfcc(y=x, sr=RATE, lifter=22, n_mfcc=13).T)
    db = librosa.power_to_db(mel, top_db=None)
    save("librosa-mfcc-top-db-none", librosa.feature.mfcc(S=db).T)
    save("librosa-mel-htk", librosa.feature.melspectrogram(
        y=x, sr=22050, n_fft=512, hop_length=256, n_mels=40, fmin=50, fmax=9000, htk=True, norm=None, window="hamming",
        pad_mode="reflect").T)
    deltas = [mfcc] + [librosa.feature.delta(mfcc, order=order) for order in (1, 2)]
    save("librosa-mfcc-deltas", np.concatenate(deltas).T)


def whisper(x):
    import transformers
    need(transformers, "5.23.0")
    for bands in (80, 128):
        extractor = transformers.WhisperFeatureExtractor(feature_size=bands)
        rows = extractor(x, sampling_rate=RATE, return_tensors="np").input_features[0].T
        assert rows.shape == (3000, bands)
        # The rest is silence: its last row stands for all of it.
        save(f"whisper-{bands}", np.concatenate([rows[:112], rows[-1:]]))
        assert (rows[112:] == rows[-1]).all()
    clip = transformers.WhisperFeatureExtractor()(
        x, sampling_rate=RATE, padding="do_not_pad", return_tensors="np").input_features[0].T
    save("whisper-clip", clip)


def kaldi(x):
    import kaldi_native_fbank as knf
    need(knf, "1.22.5")

    def rows(computer):
        computer.accept_waveform(RATE, x.tolist())
        computer.input_finished()
        return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])

    def fbank(**changes):
        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = 40
        return rows(knf.OnlineFbank(change(options, changes)))

    def mfcc(**changes):
        options = knf.MfccOptions()
        options.frame_opts.dither = 0
        return rows(knf.OnlineMfcc(change(options, changes)))

    def change(options, changes):
        for name, value in changes.items():
            for part in (options, options.frame_opts, options.mel_opts):
                if hasattr(part, name):
                    setattr(part, name, value)
                    break
            else:
                raise SystemExit(f"no option {name}")
        return options

    save("kaldi-snip-off", fbank(snip_edges=False))
    save("kaldi-energy", fbank(use_energy=True, window_type="hamming", preemph_coeff=0.9, low_freq=100, high_freq=7000))
    save("kaldi-energy-late", fbank(
        use_energy=True, raw_energy=False, energy_floor=0.01, window_type="blackman", remove_dc_offset=False))
    save("kaldi-magnitude", fbank(
        use_power=False, window_type="hanning", preemph_coeff=0.0, frame_length_ms=32, frame_shift_ms=12.5))
    save("kaldi-mfcc-snip-off", mfcc(
        snip_edges=False, raw_energy=False, window_type="rectangular", num_bins=40, num_ceps=20, cepstral_lifter=0))
    # Kaldi's add-deltas, order 2, window 2: each derivative is the regression over 2 rows to each side of the one before,
    # written as one filter over the rows; rows beyond the ends are the first and the last.
    base = mfcc().astype(np.float64)
    slope = np.arange(-2, 3) / 10
    filters = [slope, np.convolve(slope, slope)]
    parts = [base]
    for weights in filters:
        reach = len(weights) // 2
        index = np.clip(np.arange(len(base))[:, None] + np.arange(-reach, reach + 1), 0, len(base) - 1)
        parts.append(np.einsum("rkv,k->rv", base[index], weights))
    save("kaldi-deltas", np.concatenate(parts, axis=1))


def tensorflow_bands(count, low, high):
    """`tf.signal.linear_to_mel_weight_matrix` of 257 bins."""
    def mel(hertz):
        return 1127 * np.log1p(hertz / 700)
    bins = mel(np.arange(257) * RATE / 512)
    edges = np.linspace(mel(low), mel(high), count + 2)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling))
    bands[0] = 0
    return bands


def tensorflow_magnitudes(x, window, hop):
    """`abs(tf.signal.stft(…, window_fn=hann_window))`, transforms of 512."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), window)[::hop]
    return np.abs(np.fft.rfft(frames * hann, 512))


def yamnet(x):
    """`[rows, 64]`"""
    return np.log(tensorflow_magnitudes(x, 400, 160) @ tensorflow_bands(64, 125, 7500) + 0.001)


def speech_commands(x):
    """`[49, 10]` of one second: get_dataset.py of mlcommons/tiny's keyword spotting, its tf.signal written down."""
    import scipy.fft
    x = x.astype(np.float64) / x.max()
    level = np.log(tensorflow_magnitudes(x, 480, 320) @ tensorflow_bands(40, 20, 4000) + 1e-6)
    # mfccs_from_log_mel_spectrograms: the DCT-II that tf.signal.dct gives, over sqrt(2 bands).
    return (scipy.fft.dct(level, type=2) / np.sqrt(2 * 40))[:, :10]


def torchaudio_presets(x):
    import torch
    import torchaudio
    need(torchaudio, "2.9.1")
    wave = torch.from_numpy(x.copy())
    mel = torchaudio.transforms.MelSpectrogram(RATE)(wave)
    save("torchaudio-mel", mel.numpy().T)
    save("torchaudio-log-mel", torchaudio.transforms.AmplitudeToDB()(mel).numpy().T)
    save("torchaudio-mfcc", torchaudio.transforms.MFCC(RATE)(wave).numpy().T)


def speech_embedding(x, path):
    import onnxruntime
    data = pathlib.Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != MELSPECTROGRAM:
        raise SystemExit(f"{path} is not openWakeWord's melspectrogram.onnx of v0.5.1")
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    decibels = session.run(None, {"input": (x * 32768)[None]})[0]
    save("speech-embedding", decibels.reshape(-1, 32) / 10 + 2)


def micro(x):
    """TensorFlow Lite Micro's own code: windows of 30 ms every 10 ms, 40 bands, with the gains evened out."""
    import pymicro_features
    frontend, rows = pymicro_features.MicroFrontend(), []
    samples = np.clip(np.round(x * 32768), -32768, 32767).astype("<i2").tobytes()
    while len(samples) >= 320:
        found = frontend.process_samples(samples[:320])
        samples = samples[2 * found.samples_read:]
        rows += [found.features] if found.features else []
    save("micro", np.array(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torchaudio", action="store_true")
    parser.add_argument("--openwakeword", metavar="FILE")
    parser.add_argument("--micro", action="store_true")
    parser.add_argument("--only", action="store_true", help="no others than those named")
    options = parser.parse_args()
    x = np.fromfile(FOLDER / "signal.f32", dtype="<f4")
    if not options.only:
        spectra(x)
        librosa_presets(x)
        whisper(x)
        kaldi(x)
        save("yamnet", yamnet(x))
        save("speech-commands", np.stack([speech_commands(x[i:i + RATE]).ravel() for i in range(0, len(x) - RATE + 1, 320)]))
    if options.torchaudio:
        torchaudio_presets(x)
    if options.micro:
        micro(x)
    if options.openwakeword:
        speech_embedding(x, options.openwakeword)


if __name__ == "__main__":
    main()
