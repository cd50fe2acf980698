#!/usr/bin/env python3
"""Braid's quantiser beside ONNX Runtime's, on the float models of ../shared/data; prints a Markdown table.

    Benchmarks/quantize [--braid PATH] [--work FOLDER] [--only NAME ...] [--rounds 5] [--samples 160] [--held 800] [--other]

Each model gets samples of real material (the clips of ../shared/data/media, brought into the form that the model's authors
say). The material in its order is twenty blocks; each fifth goes to neither quantiser: both files and the float model are run on
samples of those by ONNX Runtime, which lie closer to each other than those that the quantisers get, so that one answer more or less
says little. With --other they are run on other clips altogether. ONNX Runtime's quantiser gets its preprocessing, the opset that per-channel weights need, QDQ,
uint8 activations and int8 weights per channel, and each of its min-max, percentile and entropy calibrations; the best of
the three on those blocks counts. "x" is the median time of the float model over that of Braid's in Braid's engine, in
rounds that change between them.

Agreement is the mean cosine over outputs, and by what outputs mean: the same class first, average precision of boxes
against the float model's, the same side of a threshold. Needs the packages of tools/requirements.txt, and PyAV and librosa.
"""
import argparse
import contextlib
import io
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SHARED = os.path.join(os.path.dirname(ROOT), "shared/data")
CLIPS = ["faces_speech_h264_aac.mp4", "nasa_13013.mp4", "cursed-vfr.mp4"]
VOICES = ["jfk.wav", "silero_test.wav", "faces_speech_h264_aac.mp4"]
OTHER_CLIPS = ["intel_faces_two_preview.gif", "bbb_0_30.webm"]
OTHER_VOICES = ["bbb_0_30.webm", "jfk_ortext.flac", "yes_1000ms.wav"]


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


# MARK: - Material

def pictures(clips, count):
    """RGB pictures, evenly spread over the clips."""
    import av
    found = []
    for clip in clips:
        with av.open(f"{SHARED}/media/{clip}") as container:
            frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
        step = max(1, len(frames) * len(clips) // count)
        found += frames[::step]
    return found


def resized(picture, width, height):
    import av
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    return frame.reformat(width=width, height=height, format="rgb24").to_ndarray()


def sound():
    import librosa
    return np.concatenate([librosa.load(f"{SHARED}/media/{v}", sr=16000, mono=True)[0] for v in VOICES]).astype(np.float32)


def ultraface_samples(model, count):
    return [{"input": ((resized(p, 320, 240).astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]}
            for p in pictures(CLIPS, count)]


def yunet_samples(model, count):
    return [{"input": resized(p, 320, 320)[:, :, ::-1].astype(np.float32).transpose(2, 0, 1)[None]}
            for p in pictures(CLIPS, count)]


def vww_samples(model, count):
    return [{"input_1": resized(p, 96, 96).astype(np.float32)[None] / 255} for p in pictures(CLIPS, count)]


def fer_samples(model, count):
    """Faces as UltraFace finds them, in gray."""
    detector, samples = session(f"{SHARED}/models/ultraface_RFB-320_decoded_stripped.onnx"), []
    for picture in pictures(CLIPS[:1], count):
        feed = ((resized(picture, 320, 240).astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        scores, boxes = detector.run(["scores", "boxes"], {"input": feed})
        for score, left, top, right, bottom in detections(scores[0], boxes[0]):
            h, w = picture.shape[:2]
            crop = picture[max(0, int(top * h)):int(bottom * h), max(0, int(left * w)):int(right * w)]
            if min(crop.shape[:2]) < 16:
                continue
            gray = resized(crop, 64, 64).astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
            samples.append({"image": ((gray / 255 - 0.5) * 2)[None, None]})
    return samples


def mel(values, bands, window, hop, low, high):
    import librosa
    power = librosa.feature.melspectrogram(
        y=values, sr=16000, n_fft=512, win_length=window, hop_length=hop, n_mels=bands, fmin=low, fmax=high, center=False)
    return power.T.astype(np.float32)


def embedding_samples(model, count):
    """openWakeWord's windows: decibels of 32 bands, over 10, plus 2."""
    rows = 10 * np.log10(np.maximum(mel(sound() * 32768, 32, 400, 160, 60, 3800), 1e-10)) / 10 + 2 - 9
    starts = range(0, len(rows) - 76, max(8, (len(rows) - 76) // count))
    return [{"input_1": rows[s:s + 76].reshape(1, 76, 32, 1).astype(np.float32)} for s in starts]


def wake_samples(model, count):
    embed = session(f"{SHARED}/models/oww_embedding_model.onnx")
    found = [embed.run(None, s)[0].reshape(96) for s in embedding_samples(None, count + 16)]
    return [{"inputs_0": np.stack(found[i:i + 16])[None].astype(np.float32)} for i in range(len(found) - 16)]


def micro_samples(model, count):
    rows = np.log(mel(sound() * 32768, 40, 480, 320, 125, 7500) + 1).clip(0, 26)
    starts = range(0, len(rows) - 49, max(1, (len(rows) - 49) // count))
    return [{"serving_default_input:0": rows[s:s + 49].reshape(1, 1960)} for s in starts]


def kws_samples(model, count):
    import librosa
    values, samples = sound(), []
    for start in range(0, len(values) - 16000, max(1600, (len(values) - 16000) // count)):
        part = values[start:start + 16000]
        part = part / max(1e-3, np.abs(part).max())
        rows = np.log(mel(part, 40, 480, 320, 20, 4000) + 1e-6)
        rows = np.concatenate([rows, rows[-1:].repeat(max(0, 49 - len(rows)), 0)])[:49]
        import scipy.fft
        cepstra = scipy.fft.dct(rows, type=2, axis=1, norm="ortho")[:, :10]
        samples.append({"input_1": cepstra.reshape(1, 49, 10, 1).astype(np.float32)})
    return samples


def silero_samples(model, count):
    run, values, samples = session(model), sound(), []
    state, before = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    for start in range(0, len(values) - 512, 512):
        part = values[start:start + 512]
        feed = {"input": np.concatenate([before, part])[None], "state": state}
        samples.append(feed)
        state = run.run(["stateN"], {**feed, "sr": np.array(16000, np.int64)})[0]
        before = part[-64:]
    return samples[::max(1, len(samples) // count)]


def gtcrn_samples(model, count):
    run, values, samples = session(model), sound(), []
    window = np.sqrt(np.hanning(513)[:512]).astype(np.float32)
    caches = {i.name: np.zeros(i.shape, np.float32) for i in run.get_inputs() if i.name != "mix"}
    for start in range(0, min(len(values), 16000 * 20) - 512, 256):
        spectrum = np.fft.rfft(values[start:start + 512] * window)
        mix = np.stack([spectrum.real, spectrum.imag], -1)[None, :, None].astype(np.float32)
        feed = {"mix": mix, **caches}
        samples.append(feed)
        results = dict(zip([o.name for o in run.get_outputs()], run.run(None, feed)))
        caches = {name: results[name + "_out"] for name in caches}
    return samples[::max(1, len(samples) // count)]


def bert_samples(model, count):
    random = np.random.default_rng(1)
    limit = next((t.dims[0] for t in onnx.load(model).graph.initializer if len(t.dims) == 2 and t.dims[0] > 200), 1000)
    return [{"input_ids": random.integers(0, limit, (1, 64)), "attention_mask": np.ones((1, 64), np.int64)}
            for _ in range(count)]


# MARK: - What outputs mean

def overlap(a, b):
    width, height = min(a[3], b[3]) - max(a[1], b[1]), min(a[4], b[4]) - max(a[2], b[2])
    if width <= 0 or height <= 0:
        return 0
    both = width * height
    return both / ((a[3] - a[1]) * (a[4] - a[2]) + (b[3] - b[1]) * (b[4] - b[2]) - both)


def suppressed(found, limit):
    kept = []
    for one in sorted(found, reverse=True):
        if all(overlap(one, other) <= limit for other in kept):
            kept.append(one)
    return kept


def detections(scores, boxes, threshold=0.7):
    found = [(float(s), *map(float, b)) for s, b in zip(scores[:, 1], boxes) if s > threshold]
    return suppressed(found, 0.3)


def priors():
    cells = []
    for stride, sizes in [(8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))]:
        for y in range(math.ceil(240 / stride)):
            for x in range(math.ceil(320 / stride)):
                cells += [((x + 0.5) * stride / 320, (y + 0.5) * stride / 240, s / 320, s / 240) for s in sizes]
    return np.array(cells, np.float32)


def raw_faces(outputs):
    prior, offsets = priors(), outputs["boxes"][0]
    centre = prior[:, :2] + offsets[:, :2] * 0.1 * prior[:, 2:]
    size = prior[:, 2:] * np.exp(offsets[:, 2:] * 0.2)
    return detections(outputs["scores"][0], np.concatenate([centre - size / 2, centre + size / 2], 1))


def yunet_faces(outputs):
    found = []
    for stride in (8, 16, 32):
        score = np.sqrt(outputs[f"cls_{stride}"][0, :, 0].clip(0, 1) * outputs[f"obj_{stride}"][0, :, 0].clip(0, 1))
        for place in np.flatnonzero(score > 0.6):
            dx, dy, dw, dh = outputs[f"bbox_{stride}"][0, place]
            x, y = (place % (320 // stride) + dx) * stride, (place // (320 // stride) + dy) * stride
            w, h = math.exp(min(dw, 10)) * stride, math.exp(min(dh, 10)) * stride
            found.append((float(score[place]), x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    return suppressed(found, 0.3)


def precision(pairs):
    """Average precision at half of both boxes in common, all points; None where there is nothing to find."""
    wanted, hits = sum(len(t) for t, _ in pairs), []
    if not wanted:
        return None
    for truth, other in pairs:
        left = list(truth)
        for found in sorted(other, reverse=True):
            best = max(left, key=lambda t: overlap(t, found), default=None)
            good = best is not None and overlap(best, found) >= 0.5
            if good:
                left.remove(best)
            hits.append((found[0], good))
    hits.sort(reverse=True)
    points, right = [], 0
    for place, (_, good) in enumerate(hits):
        right += good
        points.append((right / wanted, right / (place + 1)))
    area, best, recall = 0.0, 0.0, points[-1][0] if points else 0
    for r, p in reversed(points):
        if r < recall:
            area, recall = area + (recall - r) * best, r
        best = max(best, p)
    return area + recall * best


def boxes_of(decode):
    return lambda a, b: precision([(decode(x), decode(y)) for x, y in zip(a, b)])


def first_class(a, b):
    name = next(iter(a[0]))
    return statistics.mean(float((x[name].argmax(-1) == y[name].argmax(-1)).mean()) for x, y in zip(a, b))


def same_side(name):
    return lambda a, b: statistics.mean(float(((x[name] >= 0.5) == (y[name] >= 0.5)).mean()) for x, y in zip(a, b))


MODELS = [
    ("ultraface_RFB-320_raw_stripped", ultraface_samples, boxes_of(raw_faces), True),
    ("ultraface_RFB-320_decoded_stripped", ultraface_samples,
     boxes_of(lambda o: detections(o["scores"][0], o["boxes"][0])), True),
    ("yunet_n_320_320", yunet_samples, boxes_of(yunet_faces), True),
    ("fer_mini_xception", fer_samples, first_class, True),
    ("mlc_vww96_f32", vww_samples, first_class, True),
    ("mlc_kws_f32", kws_samples, first_class, True),
    ("micro_kws_m_static_fp32", micro_samples, first_class, True),
    ("oww_embedding_model", embedding_samples, None, True),
    ("oww_computer_v2", wake_samples, same_side("Identity"), False),
    ("silero_vad_16k_op15", silero_samples, same_side("output"), True),
    ("silero_vad", silero_samples, same_side("output"), True),
    ("gtcrn_stream_simple", gtcrn_samples, None, True),
    ("tinybert_synth_f32", bert_samples, first_class, False),
]
CONSTANTS = {"sr": np.array(16000, np.int64)}


# MARK: - Quantisers

def by_onnxruntime(path, samples, folder):
    """Its files by calibration, or why there is none."""
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(samples)

        def get_next(self):
            feed = next(self.left, None)
            return feed and {**feed, **{k: v for k, v in CONSTANTS.items() if k in names}}

    model = onnx.load(path)
    names = [i.name for i in model.graph.input]
    if next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")) < 13:
        model = onnx.version_converter.convert_version(model, 13)
    raised, prepared = f"{folder}/raised.onnx", f"{folder}/prepared.onnx"
    onnx.save(model, raised)
    try:
        quant_pre_process(raised, prepared, skip_symbolic_shape=True)
    except Exception:
        shutil.copy(raised, prepared)
    files, errors = {}, []
    for method in ("MinMax", "Percentile", "Entropy"):
        target = f"{folder}/ort-{method}.onnx"
        try:
            quantize_static(
                prepared, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                calibrate_method=getattr(CalibrationMethod, method))
            session(target)
            if not any(n.op_type == "QuantizeLinear" for n in onnx.load(target).graph.node):
                raise RuntimeError("it quantised nothing")
            files[method] = target
        except Exception as error:
            errors.append(f"{method}: {str(error).strip().splitlines()[-1][:120] if str(error).strip() else type(error).__name__}")
    return files, errors


def run_all(path, samples):
    run = session(path)
    names = [o.name for o in run.get_outputs()]
    wanted = {i.name for i in run.get_inputs()}
    constants = {k: v for k, v in CONSTANTS.items() if k in wanted}
    return [dict(zip(names, run.run(None, {**s, **constants}))) for s in samples]


def cosine(a, b):
    values = []
    for name in a[0]:
        x = np.concatenate([np.ravel(o[name]).astype(np.float64) for o in a])
        y = np.concatenate([np.ravel(o[name]).astype(np.float64) for o in b])
        if np.linalg.norm(x) > 0:
            values.append(float(x @ y / max(1e-30, np.linalg.norm(x) * np.linalg.norm(y))))
    return statistics.mean(values)


def save(samples, folder, constants):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in samples[0]:
        np.save(f"{folder}/{name.replace('/', '_')}.npy", np.stack([s[name] for s in samples]))


def braid(program, *arguments):
    done = subprocess.run([program, "model", *arguments], capture_output=True, text=True)
    if done.returncode not in (0, 8):
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"status {done.returncode}")
    return json.loads(done.stdout)


def package(name, path, samples, folder):
    """A model with an input that is constant as a package: only a description can say so."""
    if "sr" not in [i.name for i in onnx.load(path).graph.input]:
        return path
    target = f"{folder}/package-{name}"
    os.makedirs(target, exist_ok=True)
    shutil.copy(path, f"{target}/model.onnx")
    json.dump({
        "format": "braid-model/1", "name": name.replace("_", "-"), "version": "1.0.0", "model": "model.onnx",
        "inputs": [{"name": "input", "kind": "samples", "rate": 16000, "hop": 512, "context": 64},
                   {"name": "state", "kind": "state", "from": "stateN"}, {"name": "sr", "kind": "constant", "value": 16000}],
        "output": {"decoder": "events", "name": "output", "event": "speech", "shape": "interval", "threshold": 0.5}},
        open(f"{target}/braid.json", "w"))
    return target


def measure(name, make, meaning, options, folder):
    path = f"{SHARED}/models/{name}.onnx"
    samples = make(path, options.samples)
    block = lambda place, count: place * 20 // count % 5
    known = [s for i, s in enumerate(samples) if block(i, len(samples)) != 4]
    if options.other:
        CLIPS[:], VOICES[:], clips, voices = OTHER_CLIPS, OTHER_VOICES, CLIPS[:], VOICES[:]
        last = make(path, options.held // 5)
        CLIPS[:], VOICES[:] = clips, voices
    else:
        dense = make(path, options.held)
        last = [s for i, s in enumerate(dense) if block(i, len(dense)) == 4]
        del dense
    save(known, f"{folder}/known", CONSTANTS)
    save(last, f"{folder}/last", CONSTANTS)
    result = {"name": name, "samples": (len(known), len(last))}
    truth = run_all(path, last)
    target = f"{folder}/{name}-braid.onnx"
    arguments = ["--calibrate", f"{folder}/known", "--output", target, "--json", "--rounds", "1", "--rate", "0",
                 "--samples", str(options.samples)]
    source = package(name, path, samples, folder)
    try:
        made = braid(options.braid, "quantize", source, *arguments)
        result["method"] = made.get("method", "weights")
        result["float"] = sum("floating_point" in l for l in made["layers"])
        own = run_all(target, last)
        result["cosine"], result["meaning"] = cosine(truth, own), meaning and meaning(truth, own)
        timed = braid(options.braid, "compare", source, target, "--on", f"{folder}/last", "--json", "--rounds",
                      str(options.rounds), "--rate", "0")
        result["faster"] = timed["faster"]
        result["times"] = [timed["times"][0][k]["p50_ms"] for k in ("first", "second")]
        result["own_cosine"] = statistics.mean(o["cosine"] for o in timed["outputs"])
    except Exception as error:
        result["error"] = str(error)[:200]
    with contextlib.redirect_stdout(io.StringIO()):
        files, errors = by_onnxruntime(path, known, folder)
    best = None
    for method, file in files.items():
        theirs = run_all(file, last)
        found = (cosine(truth, theirs), meaning and meaning(truth, theirs), method)
        if best is None or found[0] > best[0]:
            best = found
    result["ort"], result["ort_errors"] = best, errors
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--braid", default=f"{ROOT}/.build/release/braid")
    parser.add_argument("--work", help="keep the files made here")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=160, help="of so many samples the quantisers get four fifths")
    parser.add_argument("--held", type=int, default=800, help="of so many samples a fifth is what both are compared on")
    parser.add_argument("--other", action="store_true", help="compare on other clips")
    options = parser.parse_args()
    import logging
    logging.disable(logging.WARNING)
    onnxruntime.set_default_logger_severity(4)
    folder = options.work or tempfile.mkdtemp(prefix="quantize-")
    results = []
    for name, make, meaning, convolutional in MODELS:
        if options.only and not any(o in name for o in options.only):
            continue
        inner = f"{folder}/{name}"
        os.makedirs(inner, exist_ok=True)
        result = measure(name, make, meaning, options, inner)
        result["convolutional"] = convolutional
        results.append(result)
        print(json.dumps(result), file=sys.stderr, flush=True)
    number = lambda v, d=4: "-" if v is None else f"{v:.{d}f}"
    print("| model | Braid cosine | ONNX Runtime cosine | Braid meaning | ONNX Runtime meaning | float ms | int8 ms | x |")
    print("|---|---|---|---|---|---|---|---|")
    for r in results:
        if "error" in r:
            print(f"| {r['name']} | {r['error']} |")
            continue
        ort = r["ort"] or (None, None, "")
        print(f"| {r['name']} ({r['method']}) | {number(r['cosine'])} | {number(ort[0])} {ort[2]} | {number(r['meaning'])} | "
              f"{number(ort[1])} | {number(r['times'][0], 3)} | {number(r['times'][1], 3)} | {number(r['faster'], 2)} |")
    both = [r for r in results if "error" not in r and r["ort"]]
    if both:
        print(f"\nMean over {len(both)} models that both quantise: cosine {statistics.mean(r['cosine'] for r in both):.5f}, "
              f"ONNX Runtime {statistics.mean(r['ort'][0] for r in both):.5f}.")
        known = [r for r in both if r["meaning"] is not None and r["ort"][1] is not None]
        if known:
            print(f"By what outputs mean, over {len(known)}: {statistics.mean(r['meaning'] for r in known):.4f}, "
                  f"ONNX Runtime {statistics.mean(r['ort'][1] for r in known):.4f}.")
    slow = [r["name"] for r in results if r["convolutional"] and r.get("faster", 0) <= 1]
    print("Every convolutional model is faster." if not slow else f"Not faster: {', '.join(slow)}.")
    if not options.work:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
