"""The full lengths of the cases of live capture; `make test` runs each for seconds. Results go into soak.md beside this file."""
import argparse
import datetime
import os
import re
import subprocess
import sys
import time

from live_rig import BRAID, HERE, PICTURE, ROOT, Counter, Microphone, Run

RESULTS = os.path.join(HERE, "soak.md")
RATE = 16000


def wall_seconds(text):
    """An instant of RFC 3339 with microseconds, in seconds."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def capture(microphone, counter, arguments, seconds, act=lambda run, elapsed: None, pictures=True):
    """Runs braid on the microphone, and a generator picture beside it, for so long. Returns its records but rows, its status,
    what it said, and samples of its memory: (seconds, MB, threads, descriptors)."""
    records, memory = [], []

    def take(record, now):
        counter.take(record)
        if record["type"] == "result" and counter.zero is None and record["stream"] == "video:0":
            # What was captured then is the newest of the pictures that the model takes.
            captured = wall_seconds(record["captured"]) - (time.time() - time.monotonic())
            counter.zero = captured - (record["pts"] + record["duration"] - 1 / 30)
        if record["type"] not in ("features", "result"):
            records.append(record)

    inputs = ["alsa:mic?rate=%d&channels=2" % RATE] + ([PICTURE] if pictures else [])
    run = Run(inputs + arguments + ["--stats-every", "10s"], microphone.environment, take)
    start = time.monotonic()
    while run.is_alive() and time.monotonic() - start < seconds:
        elapsed = time.monotonic() - start
        try:
            if not memory or elapsed >= memory[-1][0] + 10:
                memory.append((elapsed,) + run.facts())
        except (FileNotFoundError, KeyError):
            break
        act(run, elapsed)
        time.sleep(0.1)
    if run.is_alive():
        run.interrupt()
    status, errors = run.finish()
    return records, status, errors, memory


def summary_of(records):
    return next((record for record in records if record["type"] == "summary"), None)


def problems(records, status, errors, counter, expected_status=130):
    """What is wrong with a run that was interrupted at its end."""
    summary = summary_of(records)
    if summary is None or "audio:0" not in summary["streams"]:
        return [f"no sound; status {status}: {errors.strip()[-300:]}"]
    wrong = [] if status == expected_status else [f"status {status}"]
    wrong += counter.account(summary["streams"]["audio:0"])
    video = summary["streams"].get("video:0")
    if video and video["frames"] != video["delivered"] + video["lost"]["ring"] + video["lost"]["gap"]:
        wrong.append(f"pictures are not delivered + lost: {video}")
    return wrong


def drift():
    """Two minutes at +500 ppm beside a generator picture."""
    microphone = Microphone(ppm=500, freq=0, counter=1)
    counter = Counter(hop=RATE // 1000, rate=RATE, ppm=500)
    # The model says when pictures were captured by the wall clock, and so where the session's time begins.
    model = os.path.join(ROOT, "samples/models/hit-picture")
    records, status, errors, _ = capture(
        microphone, counter, ["--features", "rms,hop=1", "--model", model], 121)
    microphone.close()
    wrong = problems(records, status, errors, counter)
    found = [record["streams"]["audio:0"].get("ppm") for record in records if record["type"] == "stats"]
    late = [value for value in found[2:] if value is None or abs(value - 500) > 20]
    if len(found) < 11 or late:
        wrong.append(f"ppm: {found}")
    skews = [abs(skew) for pts, skew in counter.skews if pts > 10]
    if not skews or max(skews) > 0.005:
        wrong.append("skew of 5 ms or more")
    return wrong, "%s ppm; skew at most %.2f ms from 10 s on; %d rows of the counter read" % (
        found[-1] if found else "no", max(skews, default=float("nan")) * 1e3, counter.rows)


def overruns():
    """An overrun every 5 s, then a freeze, a hang, an unplug and a replug."""
    microphone = Microphone(ppm=-40, freq=0, counter=1)
    counter = Counter(hop=RATE // 1000, rate=RATE)
    plan = [(5 * index, lambda: microphone.tell("xrun")) for index in range(1, 22)]
    plan += [
        (112, lambda: microphone.tell("freeze 700")), (122, lambda: microphone.tell("hang")), (140, lambda: microphone.plug(False)),
        (145, lambda: microphone.plug(True)),
    ]

    def act(run, elapsed):
        while plan and elapsed >= plan[0][0]:
            plan.pop(0)[1]()

    records, status, errors, _ = capture(
        microphone, counter, ["--features", "rms,hop=1"], 160, act)
    microphone.close()
    wrong = problems(records, status, errors, counter)
    reasons = [gap["reason"] for gap in counter.gaps]
    # The freeze is longer than the buffer, and so an overrun too.
    if reasons.count("overrun") != 22:
        wrong.append(f"{reasons.count('overrun')} gaps of overruns, 22 asked for")
    if reasons.count("unplug") != 2:
        wrong.append("the hang and the unplug are not two gaps")
    return wrong, "gaps: %s; %d samples lost, all told" % (
        ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))),
        sum(gap["samples"] for gap in counter.gaps))


def reader():
    """A reader that does not read for a minute."""
    microphone = Microphone(freq=0, counter=1)
    command = [BRAID, "run", "alsa:mic?rate=%d&channels=2" % RATE, PICTURE, "--features", "rms,hop=1,stft"]
    process = subprocess.Popen(command, env=microphone.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    start, sizes = time.monotonic(), []
    while time.monotonic() - start < 60:
        time.sleep(1)
        with open(f"/proc/{process.pid}/status") as file:
            sizes.append(int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024)
    process.send_signal(2)
    begun = time.monotonic()
    lines = process.stdout.read().decode().splitlines()
    process.wait(timeout=30)
    took = time.monotonic() - begun
    microphone.close()
    import json
    records = [json.loads(line) for line in lines if line.endswith("}")]
    summary = summary_of(records)
    wrong = []
    if max(sizes[20:]) - min(sizes[20:]) > 4:
        wrong.append(f"memory from {min(sizes[20:]):.1f} to {max(sizes[20:]):.1f} MB")
    if summary is None:
        return wrong + ["no summary"], f"memory {sizes[-1]:.1f} MB"
    sound = summary["streams"]["audio:0"]
    if sound["samples"] != sound["delivered"] + sound["lost_samples"]:
        wrong.append(f"samples are not delivered + lost: {sound}")
    if sound["samples"] < 55 * RATE:
        wrong.append(f"{sound['samples']} samples in a minute: capture was held up")
    return wrong, "%d samples captured, %d of them dropped and counted; memory %.1f to %.1f MB; ended %.1f s after Ctrl-C" % (
        sound["samples"], sound["lost_samples"], min(sizes[20:]), max(sizes[20:]), took)


def hour(seconds=3600):
    """An hour of live capture: microphone at +37 ppm and generator picture, memory every 10 s."""
    microphone = Microphone(ppm=37, freq=0, counter=1)
    counter = Counter(hop=RATE // 100, rate=RATE)
    records, status, errors, memory = capture(microphone, counter, ["--features", "rms"], seconds)
    microphone.close()
    wrong = problems(records, status, errors, counter)
    steady = [sample for sample in memory if sample[0] >= 60]
    sizes = [sample[1] for sample in steady]
    if not sizes or max(sizes) - min(sizes) > 2:
        wrong.append("memory is not flat within 2 MB after the first minute")
    for place, name in [(2, "threads"), (3, "descriptors")]:
        if len({sample[place] for sample in steady}) > 1:
            wrong.append(f"{name}: {sorted({sample[place] for sample in steady})}")
    found = [record["streams"]["audio:0"].get("ppm") for record in records if record["type"] == "stats"]
    off = max((abs(value - 37) for value in found[6:] if value is not None), default=float("nan"))
    if not off < 5:
        wrong.append(f"ppm off by {off}")
    summary = summary_of(records)
    streams = summary["streams"] if summary else {}
    return wrong, "%d s; memory %.1f to %.1f MB after the first minute; %d samples, %d lost; %d pictures, %d lost; ppm off by %.2f at most" % (
        seconds, min(sizes, default=0), max(sizes, default=0), streams.get("audio:0", {}).get("samples", 0),
        streams.get("audio:0", {}).get("lost_samples", 0), streams.get("video:0", {}).get("frames", 0),
        sum(streams.get("video:0", {}).get("lost", {}).values()), off)


def kills():
    """A hundred kills of a network source of each protocol, by the tests' own rigs."""
    result = subprocess.run(
        ["swift", "test", "--filter", "LiveKillTests"], cwd=ROOT, env=dict(os.environ, BRAID_SOAK_KILLS="100"),
        capture_output=True, text=True)
    output = result.stdout + result.stderr
    figures = re.findall(r"^soak: (.+: 100 kills, .*)$", output, re.M)
    wrong = []
    if result.returncode != 0 or not figures:
        wrong = re.findall(r"^.*(?:recorded an issue|error:|kill \d+:).*$", output, re.M)[:6] or ["no test ran"]
    return wrong, "; ".join(figures)


CASES = {"drift": drift, "overruns": overruns, "reader": reader, "kills": kills, "hour": hour}


def write(name, verdict, figures):
    """Puts a case's row into the table, in place of its last one."""
    rows = {}
    if os.path.exists(RESULTS):
        with open(RESULTS) as file:
            for line in file:
                cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
                if len(cells) == 4 and cells[0] in CASES:
                    rows[cells[0]] = line.rstrip("\n")
    with open("/proc/cpuinfo") as facts:
        processor = next((line.split(":", 1)[1].strip() for line in facts if line.startswith("model name")), "")
    rows[name] = f"| {name} | {datetime.date.today()} | {verdict} | {figures} |"
    with open(RESULTS, "w") as file:
        file.write(
            "# Soak\n\nThe full lengths of the cases of live capture, as `make soak` left them; what each does is said in "
            f"[README.md](README.md). {processor}, {os.cpu_count()} cores.\n\n"
            "| case | day | result | figures |\n|---|---|---|---|\n")
        for case in CASES:
            if case in rows:
                file.write(rows[case] + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], help="all of them where none is named")
    parser.add_argument("--seconds", type=int, default=3600, help="how long 'hour' is")
    parser.add_argument("--no-write", action="store_true", help="only print the results")
    arguments = parser.parse_args()
    failed = False
    for name in arguments.cases or CASES:
        wrong, figures = hour(arguments.seconds) if name == "hour" else CASES[name]()
        failed = failed or bool(wrong)
        verdict = "passed" if not wrong else "FAILED: " + "; ".join(wrong)
        print(f"{name}: {verdict}\n  {figures}", flush=True)
        if not arguments.no_write:
            write(name, verdict, figures)
    sys.exit(1 if failed else 0)


main()
