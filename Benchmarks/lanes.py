#!/usr/bin/env python3
"""What several threads give several models: throughput on a file, and how much two small models slow each other.

    Benchmarks/lanes.py [--braid PATH] [--seconds 10] [--rounds 3]

First part: one to three models of about 10 ms a run on one clip at fast pace with one thread and with two, in turn; medians. What
the machine can give is measured beside it: two sessions at once, in processes of their own, with one model and one thread each.
Second part: two models of about 2 ms at real-time pace, each alone and both together, with one thread and with two. Needs
Python with onnx and numpy (tools/requirements.txt). Ends with status 1 where a frame is unaccounted for.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from budget import detector, run_time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def models(braid, folder, names, milliseconds):
    """Packages of these names whose runs take so long on this machine."""
    few, many = (run_time(braid, detector(os.path.join(folder, f"probe-{n}"), n)) for n in (2, 12))
    layers = max(1, round(2 + (milliseconds - few) * 10 / max(1e-3, many - few)))
    made = []
    for name in names:
        path = detector(os.path.join(folder, name), layers)
        with open(os.path.join(path, "braid.json")) as file:
            description = json.load(file)
        description["name"] = name
        with open(os.path.join(path, "braid.json"), "w") as file:
            json.dump(description, file)
        made.append(path)
    return made


def session(braid, clip, paths, threads, *arguments):
    """Seconds that a session takes, and its models' accounts."""
    start = time.perf_counter()
    out = subprocess.run(
        [braid, "run", "-q", clip, "--threads", str(threads), *arguments]
        + [word for path in paths for word in ("--model", path)], capture_output=True, text=True, check=True).stdout
    elapsed = time.perf_counter() - start
    accounts = json.loads(out.splitlines()[-1])["models"]
    for account in accounts.values():
        if account["offered"] != account["results"] + sum(account["skipped"].values()):
            sys.exit(f"frames unaccounted for: {account}")
    return elapsed, accounts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    print(f"{cpu}, {os.cpu_count()} cores; {options.rounds} rounds in turn; medians\n")
    with tempfile.TemporaryDirectory() as folder:
        clip = os.path.join(folder, "clip.mkv")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s=160x120:r=30:d={options.seconds}",
                        "-c:v", "rawvideo", clip], check=True)
        large = models(options.braid, os.path.join(folder, "large"), ["one", "two", "three"], 10)
        print(f"At fast pace, models of {run_time(options.braid, large[0]):.1f} ms a run:\n")
        print("| models | frames a second, 1 thread | 2 threads | ratio |\n|---|---|---|---|")
        with ThreadPoolExecutor(2) as pool:
            ratios = []
            for _ in range(options.rounds):
                alone, _ = session(options.braid, clip, large[:1], 1)
                both = max(pool.map(lambda path: session(options.braid, clip, [path], 1)[0], large[:2]))
                ratios.append(2 * alone / both)
            print(f"| two processes | | | {statistics.median(ratios):.2f} |", flush=True)
        for count in (1, 2, 3):
            rates = {1: [], 2: []}
            for _ in range(options.rounds):
                for threads, found in rates.items():
                    elapsed, accounts = session(options.braid, clip, large[:count], threads)
                    found.append(sum(account["results"] for account in accounts.values()) / count / elapsed)
            ratio = statistics.median(b / a for a, b in zip(rates[1], rates[2]))
            one, two = (statistics.median(rates[threads]) for threads in (1, 2))
            print(f"| {count} | {one:.1f} | {two:.1f} | {ratio:.2f} |", flush=True)

        small = models(options.braid, os.path.join(folder, "small"), ["first", "second"], 2)
        print(f"\nAt real-time pace, 30 pictures a second, models of {run_time(options.braid, small[0]):.1f} ms a run; "
              "milliseconds:\n")
        print("| session | model | results | total p50 | p99 | run p50 | p99 |\n|---|---|---|---|---|---|---|")
        for name, paths, threads in (("first alone", small[:1], 1), ("second alone", small[1:], 1),
                                     ("both, 1 thread", small, 1), ("both, 2 threads", small, 2)):
            _, accounts = session(options.braid, clip, paths, threads, "--pace", "realtime", "--budget", "100ms")
            for model, account in accounts.items():
                total, run = account["latency_ms"]["total"], account["latency_ms"]["inference"]
                print(f"| {name} | {model.split('@')[0]} | {account['results']} | {total['p50']:.1f} | {total['p99']:.1f} "
                      f"| {run['p50']:.1f} | {run['p99']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
