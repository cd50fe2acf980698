#!/usr/bin/env python3
"""Features of sound in Braid beside the tools that they reproduce, in turn, on one thread; prints a Markdown table.

    Benchmarks/features [--seconds 300] [--rounds 7]

In each round Braid, its peer and the bare FFTW transforms of the same lengths (planned with FFTW_ESTIMATE, nothing else done)
take the same clip one after the other; figures are medians of the rounds, ratios are taken round by round, so that a machine
whose speed drifts is fair to all. Limits, by ratio: Kaldi's features 8 times as fast as kaldi-native-fbank's, librosa's 2 times
as fast as librosa's, each within 2.5 times the bare transforms. Allocations are those of a stream that comes in blocks of 10 ms,
by anybody in the process: the slope between a short stream and a long one, which must be 0. Needs gcc for counting them.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
for name in THREADS:
    os.environ[name] = "1"

import kaldi_native_fbank as knf
import librosa
import numpy as np

RATE = 16000
LARGEST_OVER_BARE = 2.5


def clip(seconds):
    """A voice-like sweep with noise, so that nothing is silent or alike."""
    random = np.random.default_rng(1)
    t = np.arange(seconds * RATE) / RATE
    x = sum(np.sin(2 * np.pi * k * (120 * t + 8 * np.sin(2 * np.pi * 0.7 * t))) / k for k in range(1, 8))
    return (0.1 * x * (1.2 + np.sin(2 * np.pi * 3 * t)) + 0.01 * random.standard_normal(t.size)).astype(np.float32)


def fbank(x):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    computer = knf.OnlineFbank(options)
    computer.accept_waveform(RATE, x)
    computer.input_finished()
    return computer.num_frames_ready


def kaldi_mfcc(x):
    options = knf.MfccOptions()
    options.frame_opts.dither = 0
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(RATE, x)
    computer.input_finished()
    return computer.num_frames_ready


# Braid's feature, what the peer does, its name, the least ratio, and the transform's length.
SUBJECTS = [
    ("log-mel:kaldi", fbank, "kaldi-native-fbank", 8, 512),
    ("mfcc:kaldi", kaldi_mfcc, "kaldi-native-fbank", 8, 512),
    ("mel:librosa", lambda x: librosa.feature.melspectrogram(y=x, sr=RATE).shape[1], "librosa", 2, 2048),
    ("log-mel:librosa", lambda x: librosa.power_to_db(librosa.feature.melspectrogram(y=x, sr=RATE)).shape[1],
     "librosa", 2, 2048),
    ("mfcc:librosa", lambda x: librosa.feature.mfcc(y=x, sr=RATE).shape[1], "librosa", 2, 2048),
    ("power-spectrum", lambda x: (np.abs(librosa.stft(x)) ** 2).shape[1], "librosa", 1, 2048),
    ("stft", lambda x: librosa.stft(x).shape[1], "librosa", 1, 2048),
    ("log-mel:whisper,maximum=clip", None, "", 0, 400),
    ("log-mel:yamnet", None, "", 0, 512),
]


def allocations(path, name, folder):
    """Allocations for each block of 10 ms in the steady state."""
    library = os.path.join(folder, "allocations.so")
    if not os.path.exists(library):
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "allocations.c")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    counts = []
    lengths = (1000, 5000)
    sound = os.path.join(folder, "clip.f32")
    clip(10).tofile(sound)
    for blocks in lengths:
        report = os.path.join(folder, "report")
        done = subprocess.run(
            [path, sound, str(RATE)], input=f"blocks {blocks} {name}\n", capture_output=True, text=True, check=True,
            env=dict(os.environ, LD_PRELOAD=library, BRAID_ALLOCATIONS=report))
        if done.stdout.startswith("error"):
            sys.exit(f"{name}: {done.stdout}")
        counts.append(sum(int(word) for word in open(report).read().split()[1::2]))
    return (counts[1] - counts[0]) / (lengths[1] - lengths[0])


class Program:
    """Braid's timing program, asked line by line."""

    def __init__(self, path, x):
        self.file = tempfile.NamedTemporaryFile(suffix=".f32")
        x.tofile(self.file.name)
        self.process = subprocess.Popen(
            [path, self.file.name, str(RATE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer or answer[0] == "error":
            sys.exit(f"{line}: {' '.join(answer[1:]) or 'the program ended'}")
        return float(answer[0]), int(answer[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    x = clip(options.seconds)
    program = Program(options.program, x)

    rows = []
    missed = []
    for name, peer, tool, least, length in SUBJECTS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        ours, theirs, bare = [], [], []
        _, count = program.ask(name)
        if peer and peer(x) != count:
            sys.exit(f"{name}: {count} rows, {tool} has {peer(x)}")
        for _ in range(options.rounds):
            bare.append(program.ask(f"fft {length} {count}")[0])
            ours.append(program.ask(name)[0])
            if peer:
                start = time.perf_counter()
                peer(x)
                theirs.append(time.perf_counter() - start)
        over = statistics.median(o / b for o, b in zip(ours, bare))
        ratio = statistics.median(t / o for t, o in zip(theirs, ours)) if peer else None
        with tempfile.TemporaryDirectory() as folder:
            allocated = allocations(options.program, name.replace(",maximum=clip", ""), folder)
        rows.append((
            name, statistics.median(ours), tool, statistics.median(theirs) if peer else None, ratio, over, allocated))
        # A few are the answer's own text.
        if allocated >= 0.001:
            missed.append(f"{name}: {allocated} allocations for each block of a stream, none are wanted")
        if over > LARGEST_OVER_BARE:
            missed.append(f"{name}: {over:.2f} times the bare transforms, at most {LARGEST_OVER_BARE} are wanted")
        if ratio and ratio < least:
            missed.append(f"{name}: {ratio:.2f} times as fast as {tool}, at least {least} are wanted")

    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    print(f"{cpu}, 1 thread; kaldi-native-fbank {knf.__version__}, librosa {librosa.__version__}, NumPy {np.__version__}; "
          f"{options.seconds} s of sound at {RATE} Hz, {options.rounds} rounds in turn, medians\n")
    print("| feature | Braid | times real time | peer | its time | x | over bare FFTW | allocations per block |")
    print("|---|---|---|---|---|---|---|---|")
    for name, ours, tool, theirs, ratio, over, allocated in rows:
        peer = f"{tool} | {theirs * 1e3:.1f} ms | {ratio:.1f}" if ratio else "- | - | -"
        print(f"| `{name}` | {ours * 1e3:.1f} ms | {options.seconds / ours:,.0f} | {peer} | {over:.2f} | {allocated:.2f} |")
    print("\nx: the peer's time over Braid's; above 1 Braid is faster. Over bare FFTW: Braid's time over that of the transforms "
          "alone.")
    for line in missed:
        print(f"\nMissed: {line}.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
