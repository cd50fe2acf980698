#!/usr/bin/env python3
"""How sessions keep their budget with a detector made slow on purpose, and what the path costs with a model that does nothing.

    Benchmarks/budget.py [--braid PATH] [--seconds 30] [--busy 1]

First part: a clip at real-time pace under a budget of 33 ms, its detector slowed until a run takes 20 ms on this machine, alone
and beside busy processes. The 99th percentile of what is reported must stay within the budget and a tenth, and every frame must
be accounted for. Second part: pictures so small that scaling them is nothing, 500 a second at real-time pace and as fast as
possible, with an Identity model and without one: the difference of the processor's time, and our own allocations, per frame.
Needs Python with onnx and numpy (tools/requirements.txt). Ends with status 1 where a limit is not kept.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from end_to_end import allocations

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUDGET = 33


def detector(folder, layers):
    """A package: a detector on 160 x 120 pictures with so many needless convolutions before its two heads."""
    random = numpy.random.default_rng(1)
    weights, nodes = [], []

    def convolution(source, target, inputs, outputs, stride, relu):
        weights.append(numpy_helper.from_array(
            random.normal(0, (2 / (9 * inputs)) ** 0.5, (outputs, inputs, 3, 3)).astype(numpy.float32), f"w_{target}"))
        made = f"{target}_" if relu else target
        nodes.append(helper.make_node("Conv", [source, f"w_{target}"], [made], strides=[stride] * 2, pads=[1] * 4))
        if relu:
            nodes.append(helper.make_node("Relu", [made], [target]))

    convolution("picture", "c0", 3, 32, 2, True)
    for layer in range(layers):
        convolution(f"c{layer}", f"c{layer + 1}", 32, 32, 1, True)
    last = f"c{layers}"
    convolution(last, "score_map", 32, 2, 4, False)
    convolution(last, "box_map", 32, 4, 4, False)
    weights.append(numpy_helper.from_array(numpy.array([1, -1, 2]), "score_shape"))
    weights.append(numpy_helper.from_array(numpy.array([1, -1, 4]), "box_shape"))
    nodes += [
        helper.make_node("Transpose", ["score_map"], ["score_rows"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["score_rows", "score_shape"], ["score_logits"]),
        helper.make_node("Softmax", ["score_logits"], ["scores"], axis=2),
        helper.make_node("Transpose", ["box_map"], ["box_rows"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["box_rows", "box_shape"], ["box_logits"]),
        helper.make_node("Sigmoid", ["box_logits"], ["boxes"]),
    ]
    cells = 20 * 15
    graph = helper.make_graph(
        nodes, "slow", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 120, 160])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, cells, 2]),
         helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, cells, 4])], weights)
    os.makedirs(folder, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "braid.json"), "w") as file:
        json.dump({
            "format": "braid-model/1", "name": "slow-detector", "version": "1.0.0", "model": "model.onnx",
            "inputs": [{"name": "picture", "kind": "picture", "width": 160, "height": 120}],
            "output": {"decoder": "detections", "scores": "scores", "boxes": "boxes", "labels": ["thing"],
                       "threshold": 0.9}}, file)
    return folder


def run_time(braid, model):
    """The median of a run in milliseconds."""
    out = subprocess.run([braid, "model", "bench", model, "--json", "--seconds", "1"], capture_output=True, text=True,
                         check=True).stdout
    return json.loads(out)["p50_ms"]


def paced(braid, clip, model, seconds, busy):
    """The summary's account of a run at real-time pace beside so many busy processes."""
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        out = subprocess.run(
            [braid, "run", "-q", clip, "--pace", "realtime", "--budget", f"{BUDGET}ms", "--model", model, "--duration",
             f"{seconds}s"], capture_output=True, text=True, check=True).stdout
    finally:
        for process in load:
            process.kill()
            process.wait()
    records = [json.loads(line) for line in out.splitlines()]
    account = records[-1]["models"]["slow-detector@1.0.0"]
    stream = records[-1]["streams"]["video:0"]
    results = sum(record["type"] == "result" for record in records)
    lost = sum(stream["lost"].values())
    account["unaccounted"] = (
        abs(account["offered"] - account["results"] - sum(account["skipped"].values()))
        + abs(results - account["results"]) + abs(stream["frames"] - account["offered"] - lost))
    account["frames"], account["lost"] = stream["frames"], lost
    return account


def identity(folder):
    """A package: a model of one gray picture of 2 x 2 that gives it back."""
    os.makedirs(folder, exist_ok=True)
    shape = [1, 1, 2, 2]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "identity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "braid.json"), "w") as file:
        json.dump({
            "format": "braid-model/1", "name": "identity", "version": "1.0.0", "model": "model.onnx",
            "inputs": [{"name": "x", "kind": "picture", "colour": "gray", "width": 2, "height": 2}]}, file)
    return folder


def processor_seconds(command):
    """Processor seconds of a command, and the frames of its summary."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, json.loads(out.splitlines()[-1])["streams"]["video:0"]["frames"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.path.join(ROOT, "../shared/data/media/bbb_0_30.webm")
    parser.add_argument("--clip", default=shared if os.path.exists(shared) else
                        os.path.join(ROOT, "samples/media/bounce.mp4"))
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--busy", type=int, default=1, help="busy processes beside the second run")
    options = parser.parse_args()
    failed = False
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    print(f"{cpu}, {os.cpu_count()} cores; {os.path.basename(options.clip)}; budget {BUDGET} ms\n")
    with tempfile.TemporaryDirectory() as folder:
        few, many = (run_time(options.braid, detector(os.path.join(folder, str(n)), n)) for n in (4, 20))
        layers = max(1, round(4 + (20 - few) * 16 / max(1e-3, many - few)))
        model = detector(os.path.join(folder, "slow"), layers)
        print(f"A detector of {run_time(options.braid, model):.1f} ms a run.\n")
        print("| beside | frames | results | probes | skipped | lost | missed | p50 | p95 | p99 | max | unaccounted |\n"
              "|---|---|---|---|---|---|---|---|---|---|---|---|")
        for busy in (0, options.busy):
            account = paced(options.braid, options.clip, model, options.seconds, busy)
            total = account["latency_ms"]["total"]
            failed |= total["p99"] > BUDGET * 1.1 or account["unaccounted"] != 0
            print(f"| {busy} busy processes | {account['frames']} | {account['results']} | {account['probes']} "
                  f"| {sum(account['skipped'].values())} | {account['lost']} | {account['missed']} | {total['p50']:.1f} "
                  f"| {total['p95']:.1f} | {total['p99']:.1f} | {total['max']:.1f} | {account['unaccounted']} |", flush=True)

        small, nothing = os.path.join(folder, "small.mkv"), identity(os.path.join(folder, "identity"))
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=500:d=20", "-c:v", "rawvideo",
                        "-pix_fmt", "gray", small], check=True)
        print("\n| an Identity model | µs a frame | limit | allocations of ours a frame |\n|---|---|---|---|")
        for name, pace in (("at real-time pace", ["--pace", "realtime", "--budget", "50ms"]), ("at fast pace", [])):
            base = [options.braid, "run", "-q", small, "--features", "none", *pace]
            costs = []
            for _ in range(3):
                (with_model, frames), (without, _) = (
                    processor_seconds([*base, "--model", m]) for m in (nothing, "none"))
                costs.append((with_model - without) / frames * 1e6)
            cost = sorted(costs)[1]
            counted = allocations(options.braid, small, ["--features", "none", *pace, "--model", nothing], folder)
            failed |= cost > 60 or counted[0] > 0.01
            print(f"| {name} | {cost:.1f} | 60 | {counted[0]:.4f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
