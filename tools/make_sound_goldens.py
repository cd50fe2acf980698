#!/usr/bin/env python3
"""What known models of sound, and small ones of their shapes, give: for Tests/CLITests/KnownSoundTests.swift.

    python3 tools/make_sound_goldens.py ../shared/data [OPENWAKEWORD_MELSPECTROGRAM]

Sound is decoded by SciPy from 16 kHz WAVE files and goes through each model's published front end in NumPy, librosa or transformers
(make_mel_goldens.py has YAMNet's and MLPerf Tiny's), then through the model in ONNX Runtime. openWakeWord's dB are not held to 80
below the largest, as a stream has no largest. GTCRN's spectra come from librosa.stft with a square root of Hann's window and
zeros around the clip, and become samples again by librosa.istft.

Needs tools/requirements.txt; not needed to build or test.
"""
import json
import os
import sys

import librosa
import numpy as np
import onnx
import onnxruntime as ort
import scipy.io.wavfile
import transformers
from onnx import TensorProto, numpy_helper

import make_known_goldens as known
from make_mel_goldens import RATE, speech_commands, yamnet

rng = np.random.default_rng(11)
folder = known.folder


def sound(path):
    rate, x = scipy.io.wavfile.read(path)
    assert rate == RATE and x.ndim == 1 and x.dtype == np.int16
    return x.astype(np.float32) / 32768


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return ort.InferenceSession(path, options)


def run(session, *values):
    return session.run(None, {i.name: v for i, v in zip(session.get_inputs(), values)})


# Models of the shapes of known ones.

def wake_word():
    g = known.Graph([("x", TensorProto.FLOAT, [1, 16, 96])], [("probability", TensorProto.FLOAT, [1, 1])])
    flat = g.add("Reshape", ["x", g.constant([1, 1536], np.int64)])
    # The newest results weigh most, so that a wrong order shows.
    weight = rng.normal(0, .004, (16, 96)) * np.linspace(.2, 2, 16)[:, None]
    g.add("Sigmoid", [g.add("Gemm", [flat, g.constant(weight.reshape(1536, 1)), g.constant([0.1])])], "probability")
    return g.save("wake_word")


def small_embedding():
    g = known.Graph([("rows", TensorProto.FLOAT, ["batch", 76, 32, 1])], [("embedding", TensorProto.FLOAT, ["batch", 1, 1, 96])])
    # Of the newest 80 ms alone, so that each result is another.
    newest = g.add("Slice", ["rows"] + [g.constant([v], np.int64) for v in (68, 76, 1)])
    mean = g.add("ReduceMean", [newest], axes=[1, 3], keepdims=0)
    flat = g.add("Gemm", [mean, g.constant(np.round(rng.normal(0, .2, (32, 96)), 3)), g.constant(np.zeros(96))])
    g.add("Reshape", [flat, g.constant([-1, 1, 1, 96], np.int64)], "embedding")
    return g.save("small_embedding")


def yamnet_samples():
    g = known.Graph([("waveform", TensorProto.FLOAT, [15600])], [("scores", TensorProto.FLOAT, [1, 521])])
    cut = g.add("Reshape", ["waveform", g.constant([1, 26, 600], np.int64)])
    power = g.add("ReduceMean", [g.add("Mul", [cut, cut])], axes=[2], keepdims=0)
    level = g.add("Log", [g.add("Add", [power, g.constant(1e-6)])])
    weight, bias = np.round(rng.normal(0, .03, (26, 521)), 3), rng.normal(0, .5, 521)
    g.add("Sigmoid", [g.add("Gemm", [level, g.constant(weight), g.constant(bias)])], "scores")
    return g.save("yamnet_samples")


def whisper(bands):
    g = known.Graph([("input_features", TensorProto.FLOAT, ["batch", bands, "time"])],
                    [("last_hidden_state", TensorProto.FLOAT, ["batch", "half", 4])])
    weight = g.constant(rng.normal(0, .1, (4, bands, 3)))
    conv = g.add("Conv", ["input_features", weight], strides=[2], pads=[1, 1], kernel_shape=[3])
    g.add("Transpose", [conv], "last_hidden_state", perm=[0, 2, 1])
    return g.save(f"whisper_{bands}")


# Front ends.

def speech_embedding_rows(x):
    """What openWakeWord's models take, `[rows, 32]`, without the limit below the largest."""
    mel = librosa.feature.melspectrogram(
        y=x * 32768, sr=RATE, n_fft=512, win_length=400, hop_length=160, center=False, n_mels=32, fmin=60, fmax=3800)
    return librosa.power_to_db(mel, top_db=None).T / 10 + 2


def embeddings(x, path):
    rows, model = speech_embedding_rows(x).astype(np.float32), session(path)
    return np.stack([run(model, rows[i:i + 76][None, :, :, None])[0].ravel() for i in range(0, len(rows) - 75, 8)])


def ends(path):
    """Scale and zero point of a quantised model's input and of its output."""
    graph = onnx.load(path).graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    first = next(n for n in graph.node if graph.input[0].name in n.input)
    while first.op_type != "DequantizeLinear":
        first = next(n for n in graph.node if first.output[0] in n.input)
    last = next(n for n in graph.node if graph.output[0].name in n.output)
    return [(np.float32(constants[n.input[1]]), int(constants[n.input[2]]) if len(n.input) > 2 else 0) for n in (first, last)]


def best(scores):
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:5]
    return [[i, float(scores[i])] for i in order]


def main():
    shared = lambda name: os.path.join(sys.argv[1], name)
    clip = os.path.join(folder, "speech.wav")
    if not os.path.exists(clip):
        x, _ = librosa.load(os.path.join(folder, "../../../../samples/media/speech.mp4"), sr=RATE, offset=1, duration=3)
        scipy.io.wavfile.write(clip, RATE, np.round(x * 32767).astype(np.int16))
    cases = []

    def case(models, clip, kind, values, shared):
        cases.append({"models": [os.path.basename(m) for m in models], "clip": os.path.basename(clip), "shared": shared,
                      "kind": kind, "values": values})
        print(models[-1], len(values), values[0] if kind != "hidden" else values[0][:4])

    def chain(embedding, head, clip, shared):
        found, model = embeddings(sound(clip), embedding), session(head)
        values = [float(run(model, found[None, i:i + 16])[0].ravel()[0]) for i in range(len(found) - 15)]
        print(os.path.basename(head), [round(v, 4) for v in values[::8]])
        case([embedding, head], clip, "scores", values, shared)

    # YAMNet on patches of log-mel rows, and on samples.
    x, model = sound(clip), session(os.path.join(folder, "yamnet.onnx"))
    rows = yamnet(x).astype(np.float32)
    case(["yamnet.onnx"], clip, "classes", [best(run(model, rows[i:i + 96][None])[0][0]) for i in range(0, len(rows) - 95, 48)], False)
    model, padded = session(yamnet_samples()), np.concatenate([np.zeros(7920, np.float32), x])
    values = [best(run(model, padded[i:i + 15600])[0][0]) for i in range(0, len(padded) - 15599, 7680)]
    case(["yamnet_samples.onnx"], clip, "classes", values, False)
    for bands in (80, 128):
        path = whisper(bands)
        features = transformers.WhisperFeatureExtractor(feature_size=bands)(x, sampling_rate=RATE, return_tensors="np").input_features
        hidden = run(session(path), features)[0]
        assert hidden.shape == (1, 1500, 4)
        # The clip, and one row of the silence that fills the window up.
        case([path], clip, "hidden", [hidden[0, :152].ravel().tolist(), hidden[0, 1000].tolist()], False)
    head = wake_word()
    chain(small_embedding(), head, clip, False)
    embedding = shared("models/oww_embedding_model.onnx")
    chain(embedding, head, shared("media/jfk.wav"), True)
    chain(embedding, shared("models/oww_computer_v2.onnx"), shared("media/jfk.wav"), True)
    # Keywords: a window of the clip's one second; and longer speech, in windows of 1 s every 0.2 s.
    for name in ("mlc_kws_f32.onnx", "mlc_kws_int8.onnx"):
        model = session(shared(f"models/{name}"))

        def words(x):
            values = speech_commands(x).astype(np.float32)[None, :, :, None]
            if "int8" not in name:
                return run(model, values)[0][0]
            (scale, zero), (out, out_zero) = ends(shared(f"models/{name}"))
            quantised = np.clip(np.rint(values / scale) + zero, -128, 127).astype(np.int8)
            return (run(model, quantised)[0][0].astype(np.float32) - out_zero) * out
        for clip in ("media/yes_1000ms.wav", "media/jfk.wav"):
            x = sound(shared(clip))[:4 * RATE]
            case([name], clip, "words", [best(words(x[i:i + RATE])) for i in range(0, len(x) - RATE + 1, 3200)], True)
    # GTCRN: two seconds of samples.
    x = sound(shared("media/jfk.wav"))[:RATE * 2]
    model, caches = session(shared("models/gtcrn_stream_simple.onnx")), None
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512))
    spectra = librosa.stft(x, n_fft=512, hop_length=256, window=window, pad_mode="constant")
    caches = [np.zeros(i.shape, np.float32) for i in model.get_inputs()[1:]]
    cleaned = []
    for row in spectra.T:
        given = np.stack([row.real, row.imag], -1).astype(np.float32)[None, :, None]
        found, *caches = run(model, given, *caches)
        cleaned.append(found[0, :, 0, 0] + 1j * found[0, :, 0, 1])
    samples = librosa.istft(np.stack(cleaned, 1), n_fft=512, hop_length=256, window=window)
    np.round(samples * 32767).clip(-32768, 32767).astype("<i2").tofile(os.path.join(folder, "gtcrn.s16"))
    print("gtcrn", samples.shape, np.abs(samples).max(), np.abs(x).max())
    with open(os.path.join(folder, "sound.json"), "w") as f:
        f.write(json.dumps({"script": "tools/make_sound_goldens.py", "onnxruntime": ort.__version__, "numpy": np.__version__,
                            "librosa": librosa.__version__, "transformers": transformers.__version__,
                            "cases": json.loads(json.dumps(cases), parse_float=lambda t: round(float(t), 5))}
                           ).replace('{"models"', '\n{"models"') + "\n")


if __name__ == "__main__":
    main()
