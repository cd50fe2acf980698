#!/usr/bin/env python3
"""Faces, the emotions of each, and speech: one pipeline beside the same written with PyAV, NumPy and ONNX Runtime.

    Benchmarks/cascade.py --data DIR [--braid PATH] [--rounds 5] [--repeat 6]

Both run the same files of models on the same clip, in turn: on one core (both are bound to it), and on all with two threads for
decoding and models each. The clip is measured as it is, whole commands with their start; and repeated, so that the start does
not count. What they found is compared, picture by picture. DIR has the models and the clip; without it nothing is measured.
Needs Python with av, numpy and onnxruntime (tools/requirements.txt). Ends with status 1 where detections differ.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CLIP = "media/faces_speech_h264_aac.mp4"
FEELINGS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
MODELS = {"int8": ("ultraface_RFB-320_int8_qdq", "fer_mini_xception_int8_qdq"),
          "float": ("ultraface_RFB-320_raw_stripped", "fer_mini_xception")}
SPEECH = "silero_vad_16k_op15"


def run(command, out, cores):
    """Seconds on the wall and of processor time of a command whose output goes to a file."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with open(out, "w") as file:
        subprocess.run(command, stdout=file, check=True, stderr=subprocess.DEVNULL,
                       preexec_fn=lambda: os.sched_setaffinity(0, cores))
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def found(path, ids):
    """What Braid's records tell, in the glue's words: {model: {time: …}}."""
    result = {"faces": {}, "emotions": {}, "speech": []}
    for line in open(path):
        record = json.loads(line)
        if record["type"] != "result":
            continue
        pts, output = round(record["pts"], 3), record["output"]
        name = ids[record["model"].split("@")[0]]
        if name == "faces":
            result[name][pts] = [[x, y, x + w, y + h, d["score"]] for d in output["detections"] for x, y, w, h in [d["box"]]]
        elif name == "emotions":
            result[name][pts] = [[{v["label"]: v["score"] for v in c["output"]["classes"]}[label] for label in FEELINGS]
                                 for c in output["crops"]]
        else:
            result[name].append(output["scores"][0])
    return result


def glued(path):
    result = {"faces": {}, "emotions": {}, "speech": []}
    for line in open(path):
        record = json.loads(line)
        name = record["model"]
        if name == "speech":
            result[name].append(record["score"])
        else:
            result[name][round(record["pts"], 3)] = record["faces" if name == "faces" else "values"]
    return result


def compare(ours, theirs):
    """A line about how alike they are; whether they are the same detections."""
    count = 0
    alone, boxes, scores, emotion = [], [0.0], [0.0], []
    for pts, told in ours["faces"].items():
        other = list(theirs["faces"].get(pts, []))
        pairs = []
        for face in told:
            near = [two for two in other if max(abs(a - b) for a, b in zip(face[:4], two[:4])) < 0.05]
            if near:
                other.remove(near[0])
                pairs.append((face, near[0]))
            else:
                alone.append(face[4])
        alone += [face[4] for face in other]
        count += len(told) + len(other)
        boxes += [max(abs(a - b) for a, b in zip(one[:4], two[:4])) for one, two in pairs]
        scores += [abs(one[4] - two[4]) for one, two in pairs]
        if len(pairs) == len(told) == len(theirs["faces"].get(pts, [])):
            for one, two in zip(ours["emotions"].get(pts, []), theirs["emotions"].get(pts, [])):
                emotion.append(max(abs(a - b) for a, b in zip(one, two)))
    speech = [abs(one - two) for one, two in zip(ours["speech"], theirs["speech"])]
    print(f"{count} faces, {len(alone)} of them found by one alone, with scores up to {max(alone, default=0):.2f}; boxes differ by "
          f"at most {max(boxes):.3f} of the picture, scores by {statistics.median(scores):.4f} in the median; emotions of "
          f"{len(emotion)} faces by {statistics.median(emotion):.3f} in the median; speech in {len(speech)} windows by at most "
          f"{max(speech):.5f}")
    # A face that scores just over the threshold for one may score just under it for the other, whose pixels are rounded otherwise.
    return (ours["faces"].keys() == theirs["faces"].keys() and len(ours["speech"]) == len(theirs["speech"])
            and len(alone) <= 0.02 * count and max(alone, default=0) < 0.85 and max(speech) < 1e-3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=6)
    options = parser.parse_args()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    print(f"{cpu}, {os.cpu_count()} cores; {os.path.basename(CLIP)}; {options.rounds} rounds in turn; medians\n")
    model = lambda name: os.path.join(options.data, "models", name + ".onnx")
    same = True
    with tempfile.TemporaryDirectory() as folder:
        clip = os.path.join(options.data, CLIP)
        long = os.path.join(folder, "long.mp4")
        subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", str(options.repeat - 1), "-i", clip, "-c", "copy", long],
                       check=True)
        seconds = lambda path: float(subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path], capture_output=True,
            text=True, check=True).stdout)
        rows = []
        for kind, (faces, emotions) in MODELS.items():
            ids = {faces: "faces", emotions: "emotions", SPEECH: "speech"}
            pipeline = os.path.join(folder, kind + ".yaml")
            with open(os.path.join(HERE, "cascade.yaml")) as template, open(pipeline, "w") as file:
                text = template.read().replace("../../shared/data", os.path.abspath(options.data))
                for used, wanted in zip(MODELS["int8"], (faces, emotions)):
                    text = text.replace(used + ".onnx", wanted + ".onnx")
                file.write(text)
            for name, path, threads in (("one core", clip, 1), ("one core, repeated", long, 1),
                                        ("all cores", clip, 2), ("all cores, repeated", long, 2)):
                cores = {0} if threads == 1 else set(range(os.cpu_count()))
                ours = [options.braid, "run", "-q", "--pipeline", pipeline, path, "--threads", str(threads),
                        "--decoder-threads", str(threads)]
                theirs = [sys.executable, os.path.join(HERE, "cascade_glue.py"), path, model(faces), model(emotions),
                          model(SPEECH), "--threads", str(threads)]
                files = [os.path.join(folder, side) for side in ("ours", "theirs")]
                times = [(run(ours, files[0], cores), run(theirs, files[1], cores)) for _ in range(options.rounds)]
                if path == clip and threads == 1:
                    print(f"{kind}: ", end="")
                    compare(found(files[0], ids), glued(files[1]))
                    run(theirs + ["--exact"], files[1], cores)
                    print("   with scaling that rounds: ", end="")
                    same = compare(found(files[0], ids), glued(files[1])) and same
                one, two = (statistics.median(pair[side][0] for pair in times) for side in (0, 1))
                ratio = statistics.median(pair[1][0] / pair[0][0] for pair in times)
                processor = statistics.median(pair[1][1] / pair[0][1] for pair in times)
                rows.append(f"| {kind} | {name} | {one:.2f} | {two:.2f} | {seconds(path) / one:.1f} | {ratio:.2f} "
                            f"| {processor:.2f} |")
    print("\n| models | run | Braid s | Python s | Braid x real time | ratio | processor time |\n|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    if not same:
        sys.exit("detections differ")


if __name__ == "__main__":
    main()
