#!/usr/bin/env python3
"""Allocations of one run of a model in the steady state, sorted by who asked for them.

    swift build -c release --product braid; python3 Benchmarks/allocations.py [--threads 1] [--braid PATH] [MODEL.onnx …]

Counts with a malloc hook (allocations.c) in a short and a long `braid model bench` and divides the difference by the runs,
about, between them, so that what is allocated at the start does not count. Without models it takes those beside the project and
those that Benchmarks/inference made. Ends with status 1 where our own code allocates.
"""
import argparse, glob, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# Seconds of the short measurement; the long one takes 0.3 more, or as many as about a hundred runs take.
SHORT = 0.1


def count(options, model, hook, seconds, folder):
    result = os.path.join(folder, "counts")
    environment = {**os.environ, "LD_PRELOAD": hook, "BRAID_ALLOCATIONS": result, "OMP_WAIT_POLICY": "passive"}
    command = [options.braid, "model", "bench", model, "--json", "--threads", str(options.threads), "--seconds", str(seconds)]
    if os.path.basename(model).startswith("silero_vad"):
        command += ["--dims", "input=1x576"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    words = open(result).read().split()
    return json.loads(done.stdout)["p50_ms"], int(words[1]), int(words[5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--braid", default=os.path.join(ROOT, ".build/release/braid"))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    models = options.models or sorted(
        glob.glob(os.path.join(ROOT, "../shared/data/models/*.onnx"))
        + glob.glob(os.path.join(ROOT, ".build/benchmark-models/*.onnx")))
    allocates = False
    with tempfile.TemporaryDirectory() as folder:
        hook = os.path.join(folder, "allocations.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", hook, os.path.join(HERE, "allocations.c"), "-ldl"], check=True)
        print("| model | ours a run | libraries' a run | runs, about |\n|---|---|---|---|")
        for model in models:
            name = os.path.splitext(os.path.basename(model))[0]
            try:
                short = count(options, model, hook, SHORT, folder)
                more = max(0.3, short[0] / 1000 * 100)
                long = count(options, model, hook, SHORT + more, folder)
            except RuntimeError as error:
                print(f"| {name} | {error} | | |")
                allocates = True
                continue
            # Measuring takes as long as it is told, and a fifth of that to warm up.
            runs = max(1, round(1.2 * more * 1000 / long[0]))
            ours, others = (long[1] - short[1]) / runs, (long[2] - short[2]) / runs
            # The program's own work around the runs differs by a few; one in ten runs is a run's.
            allocates |= long[1] - short[1] > max(64, runs / 10)
            print(f"| {name} | {ours:.2f} | {others:.1f} | {runs} |", flush=True)
    sys.exit(1 if allocates else 0)


if __name__ == "__main__":
    main()
