#!/usr/bin/env python3
"""Draws the pictures of docs/moments.md and docs/budget.md from runs of braid that it makes; a minute and a half.

    make build && python3 tools/draw_articles.py [braid]

Python's standard library alone. Figures differ from machine to machine and from run to run; the articles say on which they
were drawn. Prints what the articles quote.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

from articles import chart
from articles.slow_model import slow_model

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIP = f"{ROOT}/samples/media/bounce.mp4"
# Two live inputs that know nothing of each other: 30 pictures a second, and sound in blocks of 20 ms.
LIVE = ["lavfi:testsrc2=size=320x240:rate=30", "lavfi:anoisesrc=sample_rate=48000"]
MOMENT = f"{ROOT}/samples/models/hit-moment"
STAGES = [("ring", "grey"), ("sync", "violet"), ("features", "green"), ("queue", "orange"), ("inference", "blue")]
REASONS = [("budget", "red"), ("stale", "orange"), ("interval", "violet"), ("gap", "grey")]


def run(braid: str, *arguments: str, meanwhile=None) -> list[dict]:
    """The records of a run; `meanwhile` is called while it goes on."""
    # Into a file: a pipe that nobody reads meanwhile would fill up and hold the run up.
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([braid, "run", "-q", *arguments], stdout=output)
        if meanwhile:
            meanwhile()
        if process.wait() != 0:
            sys.exit(f"braid ended with {process.returncode}")
        output.seek(0)
        return [json.loads(line) for line in output]


def results(records: list[dict]) -> list[dict]:
    return [record for record in records if record["type"] == "result"]


def quantile(values: list[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def end(result: dict) -> float:
    """The time of the newest thing that a result used."""
    return result["pts"] + result["duration"]


# Moments


def draw_stages(braid: str):
    told = results(run(braid, *LIVE, "--model", MOMENT, "--duration", "4s"))[40:100]
    stacks = [(place + 0.5, [r["latency_ms"][stage] for stage, _ in STAGES]) for place, r in enumerate(told)]
    panel = chart.Panel(
        50, 40, 650, 170, (0, len(stacks)), (0, 30), f"Where the time of {len(told)} moments went, ms from capture to record")
    panel.axes([], [0, 10, 20, 30], "moments, one at each picture")
    panel.bars(stacks, 0.7, [colour for _, colour in STAGES])
    panel.legend(STAGES)
    chart.write(
        f"{ROOT}/docs/pictures/moments-stages.svg", 720, 260, f"Latency of {len(told)} moments, stage by stage", [panel])
    for stage, _ in STAGES + [("total", "")]:
        values = [r["latency_ms"][stage] for r in told]
        print(f"moments: {stage} p50 {quantile(values, 0.5):.2f} p99 {quantile(values, 0.99):.2f} ms")


def draw_wait(braid: str):
    left = chart.Panel(50, 40, 290, 170, (-1, 42), (0, 25), "What it costs: sync of each moment, ms")
    left.axes([0, 10, 20, 30, 40], [0, 5, 10, 15, 20, 25], "--wait, ms")
    right = chart.Panel(410, 40, 290, 170, (-1, 42), (-22, 2), "What it brings: skew of the sound, ms")
    right.axes([0, 10, 20, 30, 40], [-20, -15, -10, -5, 0], "--wait, ms")
    for wait in [0, 4, 8, 12, 16, 20, 25, 30, 40]:
        told = results(run(braid, *LIVE, "--model", MOMENT, "--duration", "4s", "--wait", f"{wait}ms"))
        # In the first second the clocks of the inputs are found; at the very end there is no sound to wait for.
        told = [r for r in told if r["pts"] > 1 and end(r) < 3.9]
        sync = [r["latency_ms"]["sync"] for r in told]
        skew = [r["skew_ms"]["audio:0"] for r in told if r["skew_ms"].get("audio:0") is not None]
        # Points that would hide each other are drawn once.
        left.points([(wait, y) for y in sorted({round(y, 1) for y in sync})], "violet")
        right.points([(wait, y) for y in sorted({round(y, 1) for y in skew})], "blue")
        print(
            f"wait {wait} ms: sync p50 {quantile(sync, 0.5):.1f} p99 {quantile(sync, 0.99):.1f} ms, skew {min(skew):.1f} to "
            f"{max(skew):.1f} ms, {len(told) - len(skew)} of {len(told)} without sound")
    chart.write(
        f"{ROOT}/docs/pictures/moments-wait.svg", 720, 260, "Added wait and skew of the sound by --wait", [left, right])


# The budget


def draw_budget(braid: str):
    duration, load = 12, (4, 8)
    budget = 80

    def disturb():
        time.sleep(load[0] + 0.5)
        spin = "while True: pass"
        busy = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(os.cpu_count() or 2)]
        time.sleep(load[1] - load[0])
        for process in busy:
            process.kill()

    with tempfile.TemporaryDirectory() as folder:
        layers = calibrate(braid, folder)
        records = run(
            braid, CLIP, "--model", f"{folder}/slow{layers}.onnx", "--pace", "realtime", "--budget", f"{budget}ms",
            "--duration", f"{duration}s", "--stats-every", "500ms", meanwhile=disturb)
    told = results(records)
    account = next(iter(records[-1]["models"].values()))
    print("budget:", json.dumps(account))
    draw_latency(told, duration, load, budget)
    draw_skips(records, duration, load)


def calibrate(braid: str, folder: str) -> int:
    """How many layers make a model that takes about 25 ms here: more than the 20 ms between the clip's pictures."""
    took = {}
    for layers in [2, 6]:
        with open(f"{folder}/slow{layers}.onnx", "wb") as file:
            file.write(slow_model(layers))
        told = results(run(braid, CLIP, "--model", f"{folder}/slow{layers}.onnx", "--pace", "realtime", "--duration", "2s"))
        took[layers] = quantile([r["latency_ms"]["inference"] for r in told], 0.5)
    layer = max(0.05, (took[6] - took[2]) / 4)
    layers = max(1, round(2 + (25 - took[2]) / layer))
    with open(f"{folder}/slow{layers}.onnx", "wb") as file:
        file.write(slow_model(layers))
    print(f"slow model: {layers} layers of {layer:.2f} ms")
    return layers


def draw_latency(told: list, duration: int, load: tuple, budget: int):
    panel = chart.Panel(
        50, 40, 650, 200, (0, duration), (0, 160), "Each result: ms from the picture's capture to the record")
    panel.axes(list(range(0, duration + 1, 2)), [0, 40, 80, 120, 160], "seconds")
    panel.band(*load, "beside busy processes")
    panel.level(budget, "red", "the budget")
    kinds = [
        ("in time", "blue", lambda r: r["budget"]["met"] and not r["probe"]),
        ("missed", "red", lambda r: not r["budget"]["met"] and not r["probe"]),
        ("probe", "orange", lambda r: r["probe"]),
    ]
    for result in told:
        result["probe"] = result.get("probe", False)
    for name, colour, holds in kinds:
        chosen = [r for r in told if holds(r)]
        panel.points([(end(r), r["latency_ms"]["total"]) for r in chosen], colour)
        print(f"budget: {name} {len(chosen)}")
    totals = [r["latency_ms"]["total"] for r in told if not r["probe"]]
    print(f"budget: total p50 {quantile(totals, 0.5):.1f} p99 {quantile(totals, 0.99):.1f} ms without probes")
    panel.legend([(name, colour) for name, colour, _ in kinds])
    chart.write(f"{ROOT}/docs/pictures/budget-latency.svg", 720, 280, "Latency of each result beside the budget", [panel])


def draw_skips(records: list, duration: int, load: tuple):
    """From one `stats` to the next: pictures that ran, and those that were skipped, by reason."""
    stacks, before = [], {}
    for record in [r for r in records if r["type"] == "stats"] + [records[-1]]:
        account = next(iter(record["models"].values()))
        counts = {"results": account["results"], **account["skipped"]}
        values = [counts[name] - before.get(name, 0) for name in ["results"] + [name for name, _ in REASONS]]
        before = counts
        if record["type"] == "stats":
            stacks.append((record["pts"] - 0.25, values))
    panel = chart.Panel(50, 40, 650, 200, (0, duration), (0, 32), "What became of the pictures, each half second")
    panel.axes(list(range(0, duration + 1, 2)), [0, 10, 20, 30], "seconds")
    panel.band(*load, "beside busy processes")
    panel.bars(stacks, 0.42, ["blue"] + [colour for _, colour in REASONS])
    panel.legend([("run", "blue")] + REASONS)
    chart.write(f"{ROOT}/docs/pictures/budget-skips.svg", 720, 280, "Pictures run and skipped, by reason, over time", [panel])


def main():
    braid = sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/.build/release/braid"
    os.makedirs(f"{ROOT}/docs/pictures", exist_ok=True)
    draw_stages(braid)
    draw_wait(braid)
    draw_budget(braid)


if __name__ == "__main__":
    main()
