#!/usr/bin/env python3
"""Models in Braid beside ONNX Runtime and OpenVINO, in turn, on the same threads; prints a Markdown table.

    Benchmarks/inference [--threads 1] [--rounds 5] [--seconds 0.4] [--braid PATH] [--made FOLDER] [MODEL.onnx ...]

Without models it takes those of ../shared/data/models, where they are there, and those that
tools/make_benchmark_models.py made (in .build/benchmark-models, or --made). In each round every engine runs every model for
--seconds, one after the other, so that a machine whose speed drifts is fair to all; the figure of an engine is the median
of its rounds' medians. Inputs are what `braid model bench` takes: real numbers from 0 to 1, whole numbers 0 or 1, 16000 for
an input called sr. OpenVINO is asked for float32 where a model is float. Needs the packages of tools/requirements.txt.

An int8 model is compared with the best of its peers on it and of ONNX Runtime on its float twin; the twin is found by
name. "x" is the time of the best peer over Braid's: above 1 Braid is faster.
"""
import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SHARED = os.path.join(os.path.dirname(ROOT), "shared/data/models")
KINDS = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_}

# Open dimensions that 1 does not fit: a window of 512 samples after 64 of context.
SHAPES = {"silero_vad": {"input": [1, 576]}}


def is_int8(name):
    return re.search(r"int8|qdq|qoperator|_dyn", name) is not None


def twin(path, paths):
    """The float model that an int8 one was made from: the one whose name begins alike the longest."""
    if not is_int8(os.path.basename(path)):
        return None
    stem = re.split(r"_int8|_qdq|_qoperator|_static_q", os.path.basename(path))[0].removesuffix("_static")
    found = [p for p in paths if not is_int8(os.path.basename(p)) and os.path.basename(p).startswith(stem)]
    return min(found, key=lambda p: (len(p), p)) if found else None


def feeds_for(session, dims):
    random, feeds = np.random.default_rng(0), {}
    for value in session.get_inputs():
        shape = dims.get(value.name) or [d if isinstance(d, int) and d > 0 else 1 for d in value.shape]
        kind = KINDS[value.type]
        if value.name == "sr":
            feeds[value.name] = np.full(shape, 16000, kind)
        elif np.issubdtype(kind, np.floating):
            feeds[value.name] = random.random(shape).astype(kind)
        else:
            feeds[value.name] = random.integers(0, 2, shape).astype(kind)
    return feeds


def timed(run, seconds):
    """The median time of a run in milliseconds, after a warm-up of a fifth."""
    def loop(length):
        times, end = [], time.perf_counter() + length
        while time.perf_counter() < end or len(times) < 5:
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return times
    loop(seconds / 5)
    return statistics.median(loop(seconds)) * 1e3


class Peers:
    """The same model in ONNX Runtime and OpenVINO; an engine that cannot run it is left out and says why."""

    def __init__(self, path, threads, dims):
        import onnxruntime
        import openvino
        self.runs, self.errors = {}, {}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = feeds_for(session, dims)
        session.run(None, feeds)
        self.runs["ort"] = lambda: session.run(None, feeds)
        try:
            settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
            request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
            request.infer(feeds)
            self.runs["openvino"] = lambda: request.infer(feeds, share_inputs=True, share_outputs=True)
        except Exception as error:
            self.errors["openvino"] = str(error).strip().splitlines()[-1][:160]


def braid(program, path, threads, seconds, dims):
    command = [program, "model", "bench", path, "--json", "--threads", str(threads), "--seconds", str(seconds)]
    for name, shape in dims.items():
        command += ["--dims", f"{name}={'x'.join(map(str, shape))}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"status {done.returncode}")
    return json.loads(done.stdout)


def measure(path, options, dims):
    """Medians of the rounds by engine, in milliseconds, with what Braid says of itself and the errors."""
    result, errors, facts = {}, {}, {}
    try:
        peers = Peers(path, options.threads, dims)
        errors.update(peers.errors)
    except Exception as error:
        peers = None
        errors["ort"] = str(error).strip().splitlines()[-1][:160]
    rounds = {}
    for _ in range(options.rounds):
        if "braid" not in errors:
            try:
                facts = braid(options.braid, path, options.threads, options.seconds, dims)
                rounds.setdefault("braid", []).append(facts["p50_ms"])
            except RuntimeError as error:
                errors["braid"] = str(error)[:160]
        for name, run in (peers.runs if peers else {}).items():
            rounds.setdefault(name, []).append(timed(run, options.seconds))
    for name, times in rounds.items():
        result[name] = statistics.median(times)
    return result, errors, facts


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def cell(value):
    return "-" if value is None else f"{value:.3f}" if value < 100 else f"{value:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--dims", action="append", default=[], metavar="NAME=1x3x224x224")
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    parser.add_argument("--made", default=os.path.join(ROOT, ".build/benchmark-models"))
    options = parser.parse_args()
    dims = {d.rpartition("=")[0]: [int(n) for n in d.rpartition("=")[2].split("x")] for d in options.dims}
    paths = options.models
    if not paths:
        for folder in (SHARED, options.made):
            if os.path.isdir(folder):
                paths = paths + sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".onnx"))
    if not paths:
        sys.exit("no models: give some, or make some with tools/make_benchmark_models.py")
    # Idle threads of one engine must not take time from another.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")

    found, facts, notes = {}, {}, []
    for path in paths:
        name = os.path.basename(path).removesuffix(".onnx")
        print(f"{name} ...", file=sys.stderr, flush=True)
        shapes = next((s for prefix, s in SHAPES.items() if name.startswith(prefix)), {})
        found[path], errors, told = measure(path, options, {**shapes, **dims})
        facts = told or facts
        notes += [f"{name}: {engine}: {text}" for engine, text in errors.items()]

    import onnxruntime
    import openvino
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    version = openvino.__version__.split("-")[0]
    print(f"{cpu} ({facts.get('isa', 'unknown')}), {options.threads} thread{'s' * (options.threads > 1)}; "
          f"ONNX Runtime {onnxruntime.__version__}, OpenVINO {version}; {options.rounds} rounds in turn of "
          f"{options.seconds} s, medians; milliseconds\n")
    print("| model | Braid | ONNX Runtime | its float | OpenVINO | x | float twin / int8 |")
    print("|---|---|---|---|---|---|---|")
    ratios, gains, slowest = {True: [], False: []}, [], None
    for path in paths:
        name, times = os.path.basename(path).removesuffix(".onnx"), found[path]
        pair = found.get(twin(path, paths), {})
        best = min((t for t in (times.get("ort"), times.get("openvino"), pair.get("ort")) if t), default=None)
        ours = times.get("braid")
        ratio = best / ours if best and ours else None
        gain = pair["braid"] / ours if ours and pair.get("braid") else None
        if ratio:
            ratios[is_int8(name)].append(ratio)
            slowest = min(slowest or (ratio, name), (ratio, name))
        if gain:
            gains.append((gain, name))
        print(f"| {name} | {cell(ours)} | {cell(times.get('ort'))} | {cell(pair.get('ort'))} "
              f"| {cell(times.get('openvino'))} | {'-' if ratio is None else f'{ratio:.2f}'} "
              f"| {'-' if gain is None else f'{gain:.2f}'} |")
    print()
    for kind, title in ((True, "int8"), (False, "float")):
        values = ratios[kind]
        if values:
            print(f"Geometric mean over {len(values)} {title} models, best peer / Braid: {geometric(values):.2f}  ")
    if slowest:
        print(f"Least: {slowest[0]:.2f}, {slowest[1]}.")
    for note in notes:
        print(f"\nNot run: {note}")


if __name__ == "__main__":
    main()
