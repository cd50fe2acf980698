#!/usr/bin/env python3
"""Makes the clips of samples/media, the same bytes each time with the same versions (which it prints).

    python tools/make_samples.py [FOLDER]        needs ffmpeg, espeak-ng, numpy, scipy

bounce.mp4       a ball that hits walls, a click at each hit; times in bounce.json
bounce-late.mkv  the same packets, the sound 120 ms late by its time stamps only
speech.mp4       synthetic speech with pauses over moving hills; spoken intervals in speech.json
captions.mkv     a few seconds with a stream of SRT subtitles
"""

import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from synthesis.ball import draw, fly, position  # noqa: E402
from synthesis.sound import add_at, click, coloured_noise, level  # noqa: E402
from synthesis.voice import speak, trimmed  # noqa: E402

WIDTH, HEIGHT, RATE = 320, 240, 48_000
EXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]


def version(*command):
    """The first line that a program says of itself."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]


def ffmpeg(*arguments, data=None):
    """Runs ffmpeg and fails with its own message."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], input=data,
                          capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())


def write_wav(path, samples):
    """16-bit PCM, one channel, 48 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())


def encode(path, frames, fps, samples, crf, extra=()):
    """H.264 and AAC; `frames` yields float RGB pictures 0..255."""
    pixels = b"".join(np.clip(frame, 0, 255).round().astype(np.uint8).tobytes() for frame in frames)
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        write_wav(sound, samples)
        ffmpeg("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", fps, "-i", "pipe:0", "-i", sound,
               *extra, "-c:v", "libx264", "-preset", "medium", "-crf", crf, "-g", fps * 2, "-threads", 1, "-pix_fmt",
               "yuv420p", "-c:a", "aac", "-b:a", "96k", *EXACT, path, data=pixels)


def checked_room():
    """A room with a darker frame of walls; RGB."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    base = 96 + 40 * (y / HEIGHT) + 10 * (((x // 32) + (y // 32)) % 2)
    picture = np.stack([base * 0.8, base * 0.95, base * 1.1], axis=2)
    walls = (x < 10) | (x >= WIDTH - 10) | (y < 10) | (y >= HEIGHT - 10)
    picture[walls] = (52, 38, 30)
    return picture


def make_bounce(folder):
    """`bounce.mp4`, `bounce.json` and `bounce-late.mkv`."""
    rng = np.random.default_rng(20_251)
    fps, duration, radius = 50, 14.0, 15
    box = (10 + radius, 10 + radius, WIDTH - 10 - radius, HEIGHT - 10 - radius)
    segments, hits = fly(rng, duration, box, (260, 380), min_gap=0.4)
    hits = [hit for hit in hits if 0.3 < hit.time < duration - 0.3]
    room = checked_room()

    def frames():
        for index in range(int(duration * fps)):
            picture = room.copy()
            draw(picture, *position(segments, index / fps), radius, (240, 196, 60))
            yield picture

    samples = coloured_noise(rng, int(duration * RATE), 1.0) * level(-52)
    for hit in hits:
        sound = click(rng, RATE, rng.uniform(0.005, 0.012), rng.uniform(900, 2600), rng.uniform(0.2, 0.6))
        add_at(samples, sound * level(rng.uniform(-12, -5)), round(hit.time * RATE))
    encode(folder / "bounce.mp4", frames(), fps, samples, 21)
    facts = {"format": "braid-sample/1", "media": "bounce.mp4", "duration": duration, "fps": fps, "radius": radius,
             "hits": [{"time": round(hit.time, 6), "wall": hit.wall} for hit in hits]}
    (folder / "bounce.json").write_text(json.dumps(facts, indent=1) + "\n")
    ffmpeg("-i", folder / "bounce.mp4", "-itsoffset", "0.12", "-i", folder / "bounce.mp4", "-map", "0:v", "-map", "1:a",
           "-c", "copy", *EXACT, folder / "bounce-late.mkv")
    return len(hits)


def hills(fps, duration):
    """Three ranges of hills that pass at different speeds under a sun that sets; RGB."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for index in range(int(duration * fps)):
        time = index / fps
        glow = 0.5 + 0.5 * np.cos(time / duration * np.pi)
        picture = np.stack([150 + 90 * y / HEIGHT, 110 + 90 * glow + 30 * y / HEIGHT, 120 + 110 * glow + 0 * y], axis=2)
        draw(picture, WIDTH * 0.7, 40 + 110 * time / duration, 24, (255, 236, 170))
        for depth, (pace, base, tall, colour) in enumerate(
                [(12, 150, 26, (120, 130, 150)), (30, 178, 22, (86, 112, 98)), (66, 206, 15, (44, 78, 52))]):
            ground = base - tall * (np.sin((x + pace * time) / 41 + depth) + 0.6 * np.sin((x + pace * time) / 17 + 2 * depth))
            cover = np.clip(y - ground + 0.5, 0, 1)[:, :, None]
            picture += cover * (np.asarray(colour, np.float32) - picture)
        yield picture


PHRASES = [
    ("en-gb-scotland+f5", 150, 48, "The train to the coast leaves at seven from platform nine."),
    ("en-us+m7", 165, 42, "Did anybody see where the blue umbrella went?"),
    ("en-gb-scotland+f5", 140, 55, "Yes."),
    ("en-us+m7", 150, 38, "It was under the table the whole morning, next to your shoes."),
    ("en-gb-scotland+f5", 170, 50, "Good, then we can walk along the river before it rains."),
]
PAUSES = [0.9, 1.2, 0.8, 1.5, 0.7, 1.4]


def make_speech(folder):
    """`speech.mp4` and `speech.json`."""
    rng = np.random.default_rng(20_252)
    parts, spoken, time = [], [], 0.0
    for pause, (voice, speed, pitch, text) in zip(PAUSES, PHRASES):
        sound = trimmed(speak(text, voice, speed, pitch, RATE), RATE) * level(-4)
        # A voice cut off at once would click.
        fade = np.minimum(1, np.arange(sound.size) / (0.015 * RATE))
        sound = (sound * fade * fade[::-1]).astype(np.float32)
        parts += [np.zeros(round(pause * RATE), np.float32), sound]
        time += round(pause * RATE) / RATE
        spoken.append({"start": round(time, 3), "end": round(time + sound.size / RATE, 3), "voice": voice, "text": text})
        time += sound.size / RATE
    duration = np.ceil((time + PAUSES[-1]) * 25) / 25
    samples = coloured_noise(rng, round(duration * RATE), 1.0) * level(-56)
    add_at(samples, np.concatenate(parts), 0)
    encode(folder / "speech.mp4", hills(25, duration), 25, samples, 24)
    facts = {"format": "braid-sample/1", "media": "speech.mp4", "duration": round(float(duration), 3), "fps": 25, "speech": spoken}
    (folder / "speech.json").write_text(json.dumps(facts, indent=1) + "\n")


CAPTIONS = [(0.5, 1.6, "A ball is on its way."), (1.9, 2.8, "It hits the wall,\nand comes back."), (3.0, 3.7, "Zum Schluß: ça va?")]


def stamp(seconds):
    """SRT's way of writing a time."""
    return f"00:00:{int(seconds):02d},{round(seconds % 1 * 1000):03d}"


def make_captions(folder):
    """`captions.mkv`."""
    rng = np.random.default_rng(20_253)
    duration, fps = 4.0, 25
    box = (30, 30, WIDTH - 30, HEIGHT - 30)
    segments, hits = fly(rng, duration, box, (150, 200), gravity=240.0)
    samples = coloured_noise(rng, int(duration * RATE), 1.0) * level(-50)
    for hit in hits:
        add_at(samples, click(rng, RATE, 0.009, 1400) * level(-8), round(hit.time * RATE))

    def frames():
        for index in range(int(duration * fps)):
            picture = np.full((HEIGHT, WIDTH, 3), (38, 44, 70), np.float32)
            draw(picture, *position(segments, index / fps), 18, (225, 90, 80))
            yield picture

    with tempfile.TemporaryDirectory() as work:
        subtitles = Path(work) / "captions.srt"
        subtitles.write_text("\n".join(
            f"{number}\n{stamp(start)} --> {stamp(end)}\n{text}\n" for number, (start, end, text) in enumerate(CAPTIONS, 1)))
        encode(folder / "captions.mkv", frames(), fps, samples, 24,
               ["-i", subtitles, "-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "srt", "-metadata:s:s:0", "language=eng"])


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "samples" / "media"
    folder.mkdir(parents=True, exist_ok=True)
    print(version("ffmpeg", "-version"))
    print(version("espeak-ng", "--version"))
    print(f"numpy {np.__version__}")
    print(f"bounce: {make_bounce(folder)} hits")
    make_speech(folder)
    make_captions(folder)
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:8d} {path.name}")


if __name__ == "__main__":
    main()
