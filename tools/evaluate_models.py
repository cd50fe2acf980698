#!/usr/bin/env python3
"""Measures the models of samples/models on clips that they were not trained on; prints Markdown tables.

    python tools/evaluate_models.py [--real FOLDER]     needs ffmpeg, espeak-ng and tools/requirements.txt

Held-out scenes come from other seeds and from voices that no training data have. bounce.mp4, bounce-late.mkv and
speech.mp4 are never trained on. With --real FOLDER (natural speech: jfk.wav and silero_test.wav in FOLDER/media; the
Silero model in FOLDER/models as the reference) natural speech is measured too.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import av  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from training import pools  # noqa: E402
from training.decoder import instants, intervals, match  # noqa: E402
from training.features import log_mel, row_times  # noqa: E402
from training.scenery import reel  # noqa: E402
from training.soundscapes import HELD_OUT, RATE, click_scene, speech_scene  # noqa: E402

SAMPLES = Path(__file__).parents[1] / "samples"
MEDIA, MODELS = SAMPLES / "media", SAMPLES / "models"


class Model:
    """A package and its session; variant `float` or `int8`."""

    def __init__(self, name, variant):
        self.package = json.loads((MODELS / name / "braid.json").read_text())
        file = self.package["model"] if variant == "float" else self.package["variants"]["int8"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(MODELS / name / file), options, providers=["CPUExecutionProvider"])
        self.output = self.package["output"]
        self.inputs = {entry["name"]: entry for entry in self.package["inputs"]}

    def run(self, **feeds):
        """Probabilities of one case."""
        return self.session.run(None, {name: np.ascontiguousarray(value, np.float32) for name, value in feeds.items()})[0][0]

    def over_rows(self, features):
        """`(times, probabilities)` over a clip's log-mel rows, in the steps of the package."""
        entry = self.inputs["features"]
        times, values, centres = [], [], row_times(len(features))
        for start in range(0, len(features) - entry["rows"] + 1, entry["hop_rows"]):
            values += list(self.run(features=features[None, None, start:start + entry["rows"]]))
            times += [centres[start + row] for row in self.output["rows"]]
        return np.asarray(times), np.asarray(values)

    def over_pictures(self, stamps, pictures, features=None):
        """`(times, probabilities)` over grey pictures in 0..1; `features` are the rows of the sound for moments, from time 0."""
        frames, times, values = self.inputs["pictures"]["frames"], [], []
        for last in range(frames - 1, len(pictures)):
            feeds = {"pictures": pictures[None, last - frames + 1:last + 1]}
            if features is not None:
                rows = self.inputs["features"]["rows"]
                end = int(np.floor((stamps[last] * RATE - 400) / 160 + 1e-6)) + 1
                if end < rows or end > len(features):
                    continue
                feeds["features"] = features[None, None, end - rows:end]
            values.append(self.run(**feeds)[0])
            times.append(stamps[last - frames + 1 + self.output["frame"]])
        return np.asarray(times), np.asarray(values)

    def hits(self, times, values):
        """Event times."""
        return instants(times, values, self.output["threshold"], self.output["min_gap_ms"] / 1000)

    def spans(self, times, values):
        """Event intervals."""
        o = self.output
        return intervals(times, values, o["threshold"], o["off_threshold"], o["min_on_ms"] / 1000, o["min_off_ms"] / 1000, o["pad_ms"] / 1000)


def sound_of(path):
    """`(samples, start)`: one channel at 16 kHz, and the time of the first sample."""
    with av.open(str(path)) as container:
        resampler, parts, start = av.AudioResampler("fltp", "mono", RATE), [], None
        for frame in container.decode(audio=0):
            if start is None:
                start = float((frame.pts or 0) * frame.time_base)
            frame.pts = None
            parts += [out.to_ndarray()[0] for out in resampler.resample(frame)]
        parts += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32), start


def sound_from_zero(path):
    """Samples from time 0 of the file on."""
    samples, start = sound_of(path)
    shift = round(start * RATE)
    return np.concatenate([np.zeros(shift, np.float32), samples]) if shift >= 0 else samples[-shift:]


def pictures_of(path):
    """`(stamps, pictures)`: grey 64x48 area averages in 0..1."""
    stamps, pictures = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            stamps.append(float(frame.pts * frame.time_base))
            small = frame.reformat(width=64, height=48, format="gray", interpolation="AREA")
            pictures.append(small.to_ndarray().astype(np.float32) / 255)
    return np.asarray(stamps), np.asarray(pictures)


def table(head, rows):
    """Prints a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def share(part, whole):
    """`part` of `whole` as text; a dash where there is nothing to divide."""
    return f"{part / whole:.3f}" if whole else "-"


def score(totals):
    """Precision, recall and the errors' figures, from `(hits, extra, missed, errors)` of many clips."""
    hits, extra, missed = (sum(total[k] for total in totals) for k in range(3))
    errors = np.concatenate([total[3] for total in totals]) * 1000 if totals else np.zeros(0)
    numbers = [share(hits, hits + extra), share(hits, hits + missed), hits, extra, missed]
    return numbers + ([f"{np.median(errors):+.1f}", f"{np.median(np.abs(errors)):.1f}", f"{np.abs(errors).max():.1f}"] if hits else ["-"] * 3)


HIT_HEAD = ["model", "variant", "clips", "precision", "recall", "found", "extra", "missed", "median error ms", "median of size", "largest"]


def hits_in_scenes(count):
    """Held-out click scenes, reels, and both together."""
    speech = pools.voices(77, 120, HELD_OUT)
    rng = np.random.default_rng(901)
    sounds = [click_scene(rng, speech) for _ in range(count)]
    sounds = [(log_mel(sound), times) for sound, times in sounds]
    rng = np.random.default_rng(902)
    reels = [reel(rng) for _ in range(count)]
    rows = []
    for variant in ("float", "int8"):
        model, totals = Model("hit-sound", variant), []
        for features, times in sounds:
            at, values = model.over_rows(features)
            # What lies within the first and last window cannot be judged.
            true = [t for t in times if at[0] + 0.02 < t < at[-1] - 0.02]
            near = [t for t in model.hits(at, values) if at[0] + 0.02 < t < at[-1] - 0.02]
            totals.append(match(near, true, 0.03))
        rows.append(["hit-sound", variant, f"{count} scenes of 6 s", *score(totals)])
        model, totals = Model("hit-picture", variant), []
        for one in reels:
            stamps = np.arange(len(one.frames)) / one.fps
            at, values = model.over_pictures(stamps, one.frames.astype(np.float32) / 255)
            seen = [hit / one.fps for hit, jump in zip(one.hits, one.jumps) if jump >= 0.6]
            faint = [hit / one.fps for hit, jump in zip(one.hits, one.jumps) if jump < 0.6]
            true = sorted(t for t in seen if at[0] <= t <= at[-1])
            near = [t for t in model.hits(at, values) if not any(abs(t - f) < 2 / one.fps for f in faint)]
            near = [t for t in near if any(abs(t - s) < 2 / one.fps for s in true) or at[0] + 1 / one.fps < t < at[-1] - 1 / one.fps]
            totals.append(match(near, true, 1.01 / one.fps))
        rows.append(["hit-picture", variant, f"{count} reels of 40 frames", *score(totals)])
    print("Held-out scenes (hits of sound within 30 ms, of pictures within one frame):\n")
    table(HIT_HEAD, sorted(rows, key=lambda row: row[0], reverse=True))


def hits_in_clips(real):
    """bounce.mp4, bounce-late.mkv, and the clips without hits."""
    true = [hit["time"] for hit in json.loads((MEDIA / "bounce.json").read_text())["hits"]]
    rows, offsets, silent = [], [], []
    for clip, late in (("bounce.mp4", 0.0), ("bounce-late.mkv", 0.12)):
        features = log_mel(sound_from_zero(MEDIA / clip))
        stamps, pictures = pictures_of(MEDIA / clip)
        for variant in ("float", "int8"):
            sound, picture, moment = (Model(name, variant) for name in ("hit-sound", "hit-picture", "hit-moment"))
            heard = sound.hits(*sound.over_rows(features))
            seen = picture.hits(*picture.over_pictures(stamps, pictures))
            both = moment.hits(*moment.over_pictures(stamps, pictures, features))
            rows.append(["hit-sound", variant, clip, *score([match(heard, [t + late for t in true], 0.0201)])])
            rows.append(["hit-picture", variant, clip, *score([match(seen, true, 0.0201)])])
            # A sound 120 ms late belongs to no moment.
            rows.append(["hit-moment", variant, clip, *score([match(both, true if late == 0 else [], 0.0201)])])
            # Each hit that is seen and the next that is heard, within 250 ms.
            pairs = [min((h - s for h in heard), key=abs) for s in seen]
            offsets.append([clip, variant, len(pairs), f"{np.median([p for p in pairs if abs(p) < 0.25]) * 1000:+.2f}"])
    paths = [MEDIA / "speech.mp4"]
    if real:
        paths += [real / "media" / name for name in ("bbb_0_30.webm", "faces_speech_h264_aac.mp4")]
    for path in paths:
        features = log_mel(sound_from_zero(path))
        stamps, pictures = pictures_of(path)
        for variant in ("float", "int8"):
            sound, picture, moment = (Model(name, variant) for name in ("hit-sound", "hit-picture", "hit-moment"))
            silent.append([path.name, variant, f"{len(features) / 100:.0f}", len(sound.hits(*sound.over_rows(features))),
                           len(picture.hits(*picture.over_pictures(stamps, pictures))),
                           len(moment.hits(*moment.over_pictures(stamps, pictures, features)))])
    print("The sample clips (within one frame, 20 ms):\n")
    table(HIT_HEAD, sorted(rows, key=lambda row: row[0], reverse=True))
    print("Sound less picture, median over the hits:\n")
    table(["clip", "variant", "pairs", "median ms"], offsets)
    print("Hits reported in clips without a ball (recorded and drawn clips may hold real impacts):\n")
    table(["clip", "variant", "seconds", "hit-sound", "hit-picture", "hit-moment"], silent)


def moments(count=2000):
    """hit-moment on windows of held-out material: hits seen and heard, only one of both, out of step."""
    from training.recipes import HitMoment

    recipe = HitMoment(pools.reels(903, 150), pools.clicks(901, 150))
    inputs, targets, weights, kinds = recipe.cases(np.random.default_rng(904), count)
    groups = [("seen and heard together", targets[:, 0] > 0.6), ("seen, not heard", (kinds == 1) & (targets[:, 0] < 0.05)),
              ("heard, not seen", (kinds == 2) & (targets[:, 0] < 0.05)), ("neither", (kinds == 0) & (targets[:, 0] < 0.05))]
    rows = []
    for variant in ("float", "int8"):
        model = Model("hit-moment", variant)
        values = np.asarray([model.run(pictures=inputs["pictures"][k:k + 1], features=inputs["features"][k:k + 1])[0] for k in range(count)])
        for label, chosen in groups:
            chosen = chosen & (weights[:, 0] > 0)
            right = (values[chosen] >= model.output["threshold"]) == (label == groups[0][0])
            rows.append([variant, label, int(chosen.sum()), f"{right.mean():.3f}"])
    print("hit-moment on single held-out windows (right: above the threshold in the first kind, below it in the others):\n")
    table(["variant", "kind", "windows", "right"], rows)


def f1(found, true):
    """`[accuracy, precision, recall, F1]` of two arrays of booleans."""
    both = (found & true).sum()
    return [share((found == true).sum(), len(true)), share(both, found.sum()), share(both, true.sum()), share(2 * both, found.sum() + true.sum())]


def inside(times, spans):
    """Whether each time lies in one of the spans."""
    return np.any([(times >= a) & (times < b) for a, b in spans] or [np.zeros(len(times), bool)], axis=0)


def silero(path, samples):
    """Speech probability for each 512 samples, by the Silero model; `(centres, probabilities)`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = {entry.name for entry in session.get_inputs()}
    state, context, values = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
    for start in range(0, samples.size - 511, 512):
        block = samples[start:start + 512]
        feeds = {"input": np.concatenate([context, block])[None], "state": state}
        if "sr" in names:
            feeds["sr"] = np.asarray(RATE, np.int64)
        value, state = session.run(None, feeds)
        values.append(float(value[0, 0]))
        context = block[-64:]
    return (np.arange(len(values)) * 512 + 256) / RATE, np.asarray(values)


def speech(count, real):
    """Frames of held-out scenes and speech.mp4 against what was spoken; natural speech against Silero."""
    pieces = pools.voices(77, 120, HELD_OUT)
    rng = np.random.default_rng(905)
    scenes = [speech_scene(rng, pieces) for _ in range(count)]
    clips = [(f"{count} scenes of 8 s, other voices", [(log_mel(sound), spans) for sound, spans in scenes], 0.0)]
    facts = json.loads((MEDIA / "speech.json").read_text())
    spoken = [(entry["start"], entry["end"]) for entry in facts["speech"]]
    clips.append(("speech.mp4", [(log_mel(sound_from_zero(MEDIA / "speech.mp4")), spoken)], 0.0))
    for clip in ("jfk.wav", "silero_test.wav") if real else ():
        samples = sound_from_zero(real / "media" / clip)
        times, values = silero(real / "models" / "silero_vad_16k_op15.onnx", samples)
        clips.append((f"{clip} against Silero's events", [(log_mel(samples), intervals(times - 0.016, values, 0.5, 0.35, 0.12, 0.2, 0.03))], 0.0))
    clips.append(("bounce.mp4, no speech", [(log_mel(sound_from_zero(MEDIA / "bounce.mp4")), [])], 0.0))
    rows = []
    for label, items, _ in clips:
        for variant in ("float", "int8"):
            model, raw, decided, truth = Model("speech-activity", variant), [], [], []
            for features, spans in items:
                times, values = model.over_rows(features)
                raw.append(values >= model.output["threshold"])
                decided.append(inside(times, model.spans(times, values)))
                truth.append(inside(times, spans))
            raw, decided, truth = map(np.concatenate, (raw, decided, truth))
            rows.append([label, variant, len(truth), f"{truth.mean():.2f}", *f1(raw, truth), *f1(decided, truth)])
    print("speech-activity, one decision each 40 ms (raw: threshold alone; events: after the decoder):\n")
    table(["clip", "variant", "decisions", "speech share", "raw accuracy", "precision", "recall", "F1", "events accuracy", "precision", "recall", "F1"], rows)


def speed():
    """Time and size of each model by ONNX Runtime on one thread."""
    rows = []
    for name in ("hit-sound", "hit-picture", "speech-activity", "hit-moment"):
        row = [name]
        for variant in ("float", "int8"):
            model = Model(name, variant)
            feeds = {entry.name: np.random.default_rng(1).random(entry.shape, dtype=np.float32) for entry in model.session.get_inputs()}
            times = []
            for _ in range(500):
                start = time.perf_counter()
                model.session.run(None, feeds)
                times.append(time.perf_counter() - start)
            file = model.package["model"] if variant == "float" else model.package["variants"]["int8"]
            row += [f"{np.median(times) * 1e3:.3f}", (MODELS / name / file).stat().st_size]
        rows.append(row)
    print("One run by ONNX Runtime on one thread, median of 500, and the file's size:\n")
    table(["model", "float ms", "bytes", "int8 ms", "bytes"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--only", choices=["clips", "scenes", "moments", "speech", "speed"])
    arguments = parser.parse_args()
    print(f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, av {av.__version__}\n")
    parts = {"clips": lambda: hits_in_clips(arguments.real), "scenes": lambda: hits_in_scenes(arguments.scenes), "moments": moments,
             "speech": lambda: speech(arguments.scenes, arguments.real), "speed": speed}
    for name, part in parts.items():
        if arguments.only in (None, name):
            part()


if __name__ == "__main__":
    main()
