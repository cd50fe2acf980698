"""Capture to standard output without a model: the test microphone and a generator picture at 30 a second.

The microphone's samples count themselves and its clock is known, so a reader knows when each was captured. The latency is from
the capture of a block's last sample to the line in the reader's hands: all but the block's own length.
"""
import argparse
import os
import sys
import time

from live_rig import PICTURE, Counter, Microphone, Run

RATE = 16000
HOP = RATE // 1000
LIMITS = {"latency": 10.0, "processor": 15.0}


class Latency(Counter):
    """When each record of rows reached us after its last sample was captured."""

    def __init__(self):
        super().__init__(hop=HOP, rate=RATE)
        self.latencies, self.blocks = [], []

    def arrive(self, record, now):
        self.take(record)
        if record["type"] != "features" or self.runs[-1][0] is None:
            return
        first, rows = self.runs[-1]
        end = first + rows * HOP
        # By the microphone's clock, sample t * rate is captured at t.
        late = (now * RATE - end + self.PERIOD / 2) % self.PERIOD - self.PERIOD / 2
        self.latencies.append((now, late / RATE * 1e3))
        self.blocks.append(len(record["values"]))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(arguments, seconds, pictures):
    microphone = Microphone(freq=0, counter=1)
    latency = Latency()
    inputs = [f"alsa:mic?rate={RATE}&channels=2"] + ([PICTURE] if pictures else [])
    run = Run(inputs + ["--features", "rms,hop=1"] + arguments, microphone.environment, latency.arrive)
    time.sleep(5)
    start, spent = time.monotonic(), run.processor_time()
    time.sleep(seconds)
    spent, wall = run.processor_time() - spent, time.monotonic() - start
    memory = run.facts()[0]
    run.interrupt()
    status, errors = run.finish()
    microphone.close()
    if status != 130 or latency.wrong:
        sys.exit(f"live.py: status {status}, {latency.wrong} wrong rows\n{errors}")
    values = [value for now, value in latency.latencies if now > start]
    blocks = [count for count in latency.blocks]
    return {
        "block": percentile(blocks, 0.5), "p50": percentile(values, 0.5), "p99": percentile(values, 0.99),
        "max": max(values), "processor": 100 * spent / wall, "memory": memory,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    cases = [
        ("microphone, rms", ["--model", "none"], False),
        ("microphone and picture, rms", ["--model", "none"], True),
        ("microphone and picture, rms and the default events", [], True),
    ]
    with open("/proc/cpuinfo") as facts:
        processor = next((line.split(":", 1)[1].strip() for line in facts if line.startswith("model name")), "")
    print("# Live capture\n\nFrom the capture of a block's last sample to the line at the reader, and processor time of one core; "
          f"what is measured is said in [README.md](README.md).\n{processor}, {os.cpu_count()} cores, "
          f"{arguments.seconds:.0f} s each, load {os.getloadavg()[0]:.1f}.\n")
    print("| what | block, ms | latency p50, ms | p99 | max | processor, % | memory, MB |\n|---|---|---|---|---|---|---|")
    kept = True
    for name, options, pictures in cases:
        found = measure(options, arguments.seconds, pictures)
        kept = kept and found["p99"] < LIMITS["latency"] and found["processor"] < LIMITS["processor"]
        kept = kept and 10 <= found["block"] <= 20
        print("| {0} | {block} | {p50:.1f} | {p99:.1f} | {max:.1f} | {processor:.1f} | {memory:.1f} |".format(name, **found), flush=True)
    print(f"\nBlocks of 10 to 20 ms, p99 under {LIMITS['latency']:.0f} ms, under {LIMITS['processor']:.0f} % of one core: "
          f"{'kept' if kept else 'MISSED'}.")
    sys.exit(0 if kept else 1)


main()
