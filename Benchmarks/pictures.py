"""Features of pictures on 720p frames: milliseconds a frame on one core, scaling included."""
import argparse
import os
import subprocess
import sys
import tempfile

import av

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 1.5


def processor():
    with open("/proc/cpuinfo") as facts:
        for line in facts:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="braid-picture-times")
    parser.add_argument("--clip", default=os.path.join(HERE, "../../shared/data/media/bbb_0_30.webm"))
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if not os.path.exists(arguments.clip):
        arguments.clip = os.path.join(HERE, "../samples/media/bounce.mp4")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "frames.yuv")
        with av.open(arguments.clip) as container, open(path, "wb") as output:
            for index, frame in enumerate(container.decode(video=0)):
                if index == arguments.frames:
                    break
                output.write(frame.reformat(1280, 720, "yuv420p").to_ndarray().tobytes())
        answer = subprocess.run(
            [arguments.program, path, "1280", "720", str(arguments.rounds)], capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(answer.stdout + answer.stderr)
    print(f"{processor()}; {os.path.basename(arguments.clip)} at 1280x720; {arguments.frames} frames; "
          f"{arguments.rounds} rounds; medians\n")
    print("| feature | ms a frame |")
    print("|---|---|")
    total = 0.0
    for line in answer.stdout.splitlines():
        name, value = line.split()
        total = float(value)
        print(f"| {name} | {total:.3f} |")
    print(f"\nAll together at most {LIMIT} ms: {'kept' if total <= LIMIT else 'MISSED'}.")


main()
