#!/usr/bin/env python3
"""Whole runs of braid beside `ffmpeg -f null` on the same streams and threads, and allocations per frame.

    Benchmarks/end_to_end.py [--clip FILE] [--rounds 7] [--threads 1] [--braid PATH]

The two programs take turns, so that a machine whose speed drifts is fair to both; the ratio is taken pair by pair.
Needs ffmpeg and gcc, as scripts/debian-packages installs them; no Python package.
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


def timed(command):
    """Wall seconds, processor seconds and peak resident megabytes of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(name, ours, peer, rounds, limit):
    timed(ours), timed(peer)
    a, b = [], []
    for _ in range(rounds):
        a.append(timed(ours))
        b.append(timed(peer))
    ratio = statistics.median(x[0] / y[0] for x, y in zip(a, b))
    cpu = statistics.median(x[1] / y[1] for x, y in zip(a, b))
    memory = max(x[2] for x in a)
    print(f"| {name} | {statistics.median(x[0] for x in a):.3f} | {statistics.median(x[0] for x in b):.3f} "
          f"| {ratio:.3f} | {cpu:.3f} | {limit} | {memory:.0f} |")


def allocations(braid, clip, arguments, folder):
    """Our own allocations per frame in the steady state: the slope between a run of 40 % of the clip and one of 90 %."""
    library = os.path.join(folder, "allocations.so")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, os.path.join(HERE, "allocations.c"), "-ldl"],
                   check=True)
    probe = subprocess.run([braid, "probe", clip, "--json"], capture_output=True, text=True, check=True).stdout
    length = json.loads(probe).get("duration", 10)
    points = []
    for seconds in (0.4 * length, 0.9 * length):
        report = os.path.join(folder, "report")
        environment = dict(os.environ, LD_PRELOAD=library, BRAID_ALLOCATIONS=report)
        out = subprocess.run([braid, "run", "-q", clip, "--duration", f"{seconds:.3f}", *arguments], env=environment,
                             capture_output=True, text=True, check=True).stdout
        summary = out.splitlines()[-1]
        frames = sum(int(part.split(",")[0].split("}")[0]) for part in summary.split('"frames":')[1:])
        words = open(report).read().split()
        points.append((frames, int(words[1]), int(words[3])))
    (f0, a0, m0), (f1, a1, m1) = points
    return (a1 - a0) / (f1 - f0), (m1 - m0) / (f1 - f0), f1 - f0


def main():
    parser = argparse.ArgumentParser()
    shared = os.path.join(ROOT, "../shared/data/media/bbb_0_30.webm")
    parser.add_argument("--clip", default=shared if os.path.exists(shared) else
                        os.path.join(ROOT, "samples/media/bounce.mp4"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="decoder threads of both; 0 as many as cores")
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    options = parser.parse_args()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    threads = options.threads or os.cpu_count()
    print(f"{cpu}, {os.cpu_count()} cores; {os.path.basename(options.clip)}; {threads} decoder threads; "
          f"{options.rounds} rounds in turn; medians\n")
    print("| run | braid s | ffmpeg s | wall ratio | cpu ratio | limit | peak MB |")
    print("|---|---|---|---|---|---|---|")
    run = [options.braid, "run", "-q", options.clip, "--decoder-threads", str(threads)]
    peer = ["ffmpeg", "-v", "error", "-nostdin", "-threads", str(threads), "-i", options.clip, "-f", "null", "-"]
    compare("decode alone", run + ["--model", "none", "--features", "none"], peer, options.rounds, "1.15")
    compare("default events", run, peer, options.rounds, "1.35")
    print("\n| allocations per frame, steady state | ours | FFmpeg's | over frames |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in (("decode alone", ["--model", "none", "--features", "none"]), ("default events", [])):
            ours, ffmpeg, frames = allocations(options.braid, options.clip, arguments, folder)
            print(f"| {name} | {ours:.4f} | {ffmpeg:.2f} | {frames} |")


if __name__ == "__main__":
    main()
