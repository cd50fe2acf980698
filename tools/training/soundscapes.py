"""Random sound at 16 kHz with what is known about it: clicks with their times, speech with its intervals."""

import subprocess

import numpy as np
import scipy.signal

from synthesis.sound import add_at, click, coloured_noise, level
from synthesis.voice import speak, spoken, trimmed

RATE = 16_000

# Never in training: these speak in samples/media/speech.mp4 and in the held-out clips.
HELD_OUT = ["en-gb-scotland+f5", "en-us+m7", "fr-be+michel", "de+linda", "es-419+m8", "sv+steph", "id+f4", "sw+john"]
LANGUAGES = ["en-gb", "en-us", "en-029", "en-gb-x-rp", "de", "fr-fr", "es", "it", "nl", "pl", "pt-br", "cs", "da", "fi", "hu", "nb",
             "ro", "sk", "hr", "tr", "vi", "et", "lv", "is", "ga", "cy", "ca", "eu", "la", "ms", "af", "sq"]
VARIANTS = ["", "+f1", "+f2", "+f3", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+adam", "+anika", "+belinda", "+boris", "+david",
            "+edward", "+grandma", "+grandpa", "+klatt", "+klatt2", "+klatt4", "+marcelo", "+max", "+paul", "+rob", "+sandro",
            "+whisper", "+Alex", "+Andrea", "+Annie", "+Denis", "+Gene", "+Henrique", "+Lee", "+Mario", "+Michael", "+Nguyen", "+quincy"]
SYLLABLES = [c + v + e for c in "b d f g h k l m n p r s t v w z ch sh st tr".split() for v in "a e i o u ai ea ou".split()
             for e in ("", "n", "s", "r", "t", "l")]
WORDS = """the of and to in is was that for it with as on be at by this had not are but from or have an they which one you were her all she
there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time
these two may then do first any my now such like our over man me even most made after also did many before must through years where much
your way well down should because each just those people how too little state good very make world still own see men work long get here
between both life being under never day same another know while last might us great old year off come since against go came right used
take three house again water morning window yellow quickly thousand question""".split()


def sentence(rng):
    """A few words, real or made up."""
    words = []
    for _ in range(rng.integers(2, 10)):
        if rng.random() < 0.6:
            words.append(str(rng.choice(WORDS)))
        else:
            words.append("".join(rng.choice(SYLLABLES, rng.integers(1, 4))))
    return " ".join(words) + str(rng.choice([".", "?", "!"]))


def utterances(seed, count, voices=None):
    """`count` trimmed pieces of clean speech of random voices, speeds and pitches."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        voice = str(rng.choice(voices)) if voices else str(rng.choice(LANGUAGES)) + str(rng.choice(VARIANTS))
        piece = trimmed(speak(sentence(rng), voice, int(rng.integers(120, 230)), int(rng.integers(15, 85)), RATE), RATE)
        if piece.size > RATE // 4:
            found.append(piece)
    return found


def coloured(rng, sound):
    """`sound` through a random room, microphone and line: band limits, a tilt, resonances, reflections."""
    if rng.random() < 0.5:
        low = rng.uniform(40, 350)
        sound = scipy.signal.lfilter(*scipy.signal.butter(1, low, "highpass", fs=RATE), sound)
    if rng.random() < 0.4:
        sound = scipy.signal.lfilter(*scipy.signal.butter(int(rng.integers(1, 4)), rng.uniform(2500, 7500), fs=RATE), sound)
    if rng.random() < 0.4:
        sound = scipy.signal.lfilter([1, rng.uniform(-0.8, 0.8)], [1], sound)
    if rng.random() < 0.4:
        length = int(rng.uniform(0.05, 0.5) * RATE)
        tail = rng.standard_normal(length) * np.exp(-np.arange(length) / length * 5) * rng.uniform(0.02, 0.12)
        tail[:int(rng.uniform(0.001, 0.01) * RATE)] = 0
        tail[0] = 1
        sound = scipy.signal.fftconvolve(sound, tail)[:sound.size]
    return sound.astype(np.float32)


def music(rng, count, shortest=0.09):
    """Notes, chords, sweeps and drums; no note decays faster than `shortest` seconds. Peak 1."""
    sound = np.zeros(count, np.float32)
    kind, beat = rng.integers(0, 4), rng.uniform(0.12, 0.7)
    time, root = 0.0, rng.uniform(70, 700)
    while time < count / RATE:
        length = beat * rng.choice([0.5, 1, 1, 2, 4]) * (3 if kind == 1 else 1)
        t = np.arange(int(max(length, shortest) * RATE * 1.3)) / RATE
        attack = rng.uniform(0.004, 0.08) if kind != 2 else rng.uniform(0.001, 0.01)
        envelope = np.minimum(1, t / attack) * np.exp(-t / max(shortest, length * rng.uniform(0.2, 1.5)))
        envelope *= np.clip((t[-1] - t) / 0.04, 0, 1)
        note = np.zeros_like(t)
        for step in rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 16], 3 if kind == 1 else 1):
            pitch = root * 2 ** (step / 12)
            vibrato = rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(3, 7) * t) * pitch / 6
            for harmonic in range(1, int(rng.integers(2, 12))):
                if harmonic * pitch < 7500:
                    note += rng.uniform(0.1, 1) / harmonic * np.sin(2 * np.pi * harmonic * pitch * t + harmonic * vibrato)
        if kind == 3:
            note += rng.standard_normal(t.size) * np.exp(-t / rng.uniform(shortest, 0.3)) * rng.uniform(0, 3)
        add_at(sound, (note * envelope * rng.uniform(0.3, 1)).astype(np.float32), int(time * RATE))
        time += beat * rng.choice([0.5, 1, 1, 2])
    return sound / (np.abs(sound).max() + 1e-9)


def hum(rng, count):
    """Steady or slowly changing tones: mains hum, whistles, sweeps, warbles. Peak about 1."""
    t = np.arange(count) / RATE
    pitch = np.exp(rng.uniform(np.log(50), np.log(6000)))
    drift = pitch * (1 + rng.uniform(0, 0.3) * np.sin(2 * np.pi * rng.uniform(0.05, 6) * t + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(drift) / RATE
    sound = sum(rng.uniform(0, 1) / k * np.sin(k * phase) for k in range(1, int(rng.integers(2, 8))) if k * pitch < 7500 or k == 1)
    return (sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)


def restless_noise(rng, count):
    """Coloured noise whose level moves: wind, waves, machines, passing cars. Root mean square about 1."""
    sound = coloured_noise(rng, count, rng.uniform(0, 2.2))
    if rng.random() < 0.6:
        t = np.arange(count) / RATE
        swing = sum(rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(0.1, 9) * t + rng.uniform(0, 6)) for _ in range(3))
        sound = sound * np.exp(swing * rng.uniform(0, 1.2)).astype(np.float32)
    if rng.random() < 0.3:
        centre = np.exp(rng.uniform(np.log(150), np.log(5000)))
        sound = scipy.signal.lfilter(*scipy.signal.iirpeak(centre, rng.uniform(0.7, 5), fs=RATE), sound)
    return (sound / (np.sqrt(np.mean(sound**2)) + 1e-12)).astype(np.float32)


def through_aac(rng, sound):
    """`sound` encoded as AAC at 48 kHz and decoded again, aligned to itself."""
    quiet = ["-v", "error", "-nostdin", "-y"]
    rate = str(rng.choice(["48k", "64k", "96k", "128k"]))
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1"]
    packed = subprocess.run(["ffmpeg", *quiet, *raw, "-i", "-", "-ar", "48000", "-c:a", "aac", "-b:a", rate, "-f", "matroska", "-"],
                            input=sound.astype(np.float32).tobytes(), capture_output=True, check=True).stdout
    plain = subprocess.run(["ffmpeg", *quiet, "-i", "-", *raw, "-"], input=packed, capture_output=True, check=True).stdout
    # Matroska carries no priming here: the encoder's 1024 samples at 48 kHz come first.
    plain = np.frombuffer(plain, np.float32)[round(1024 / 3):]
    return np.pad(plain, (0, max(0, sound.size - plain.size)))[:sound.size]


def click_scene(rng, speech, seconds=6.0):
    """`(sound, times)`: clicks over noise, hum, music or speech, or only those."""
    count = int(seconds * RATE)
    sound = restless_noise(rng, count) * level(rng.uniform(-85, -22))
    for chance, piece in ((0.25, lambda: music(rng, count)), (0.25, lambda: hum(rng, count))):
        if rng.random() < chance:
            sound += piece() * level(rng.uniform(-50, -8))
    if rng.random() < 0.55:
        gain, at = level(rng.uniform(-35, 0)), 0
        while at < count:
            at += int(rng.uniform(0, 1.5) * RATE)
            piece = speech[rng.integers(len(speech))]
            add_at(sound, piece * gain, at)
            at += piece.size
    if rng.random() < 0.25:
        for _ in range(rng.integers(1, 6)):
            # Doors, gusts, applause that starts or stops at once: sudden, but not short.
            burst = coloured_noise(rng, int(rng.uniform(0.12, 1.0) * RATE), rng.uniform(0, 2)) * level(rng.uniform(-50, -15))
            burst *= np.exp(-np.arange(burst.size) / burst.size * rng.uniform(0, 1.2))
            add_at(sound, burst.astype(np.float32), rng.integers(count))
    sound = coloured(rng, sound)
    times, time = [], rng.uniform(0, 0.5)
    if rng.random() < 0.8:
        decay, pitch, bright = rng.uniform(0.003, 0.022), np.exp(rng.uniform(np.log(250), np.log(5000))), rng.uniform(0, 1)
        while time < seconds - 0.05:
            begin = int(time * RATE)
            near = sound[max(0, begin - 800):begin + 1600]
            floor = np.sqrt(np.mean(near**2)) + 1e-5
            peak = min(1.0, floor * level(rng.uniform(17, 55)))
            if peak > floor * level(16):
                piece = click(rng, RATE, decay * rng.uniform(0.8, 1.25), pitch * rng.uniform(0.8, 1.25), bright)
                # A start between two samples, by a shift in the spectrum.
                part = time * RATE - begin
                size = 1 << (piece.size + 64).bit_length()
                shift = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * part)
                piece = np.fft.irfft(np.fft.rfft(piece, size) * shift, size)[:piece.size + 8].astype(np.float32)
                add_at(sound, piece * peak, begin)
                times.append(time)
            time += rng.uniform(0.16, 1.6)
    return np.clip(sound, -1, 1), times


def speech_scene(rng, speech, seconds=8.0):
    """`(sound, intervals)`: speech with pauses over other sounds, or only those."""
    count = int(seconds * RATE)
    voice, others = np.zeros(count, np.float32), np.zeros(count, np.float32)
    intervals = []
    if rng.random() < 0.75:
        at = int(rng.uniform(0, 1.5) * RATE)
        while at < count:
            piece = speech[rng.integers(len(speech))]
            if rng.random() < 0.6:
                # Longer or shorter throats and other pitches than the synthesiser's own.
                piece = scipy.signal.resample_poly(piece, int(rng.integers(85, 118)), 100).astype(np.float32)
            if rng.random() < 0.5:
                piece = piece * (1 + rng.uniform(0, 0.05) * rng.standard_normal(piece.size).astype(np.float32))
            piece = piece * level(rng.uniform(-12, 0))
            if rng.random() < 0.6:
                # Natural speech is less even: words swell and fade.
                corners = rng.uniform(-14, 0, piece.size // 4000 + 2)
                swell = np.interp(np.arange(piece.size), np.arange(corners.size) * 4000, corners)
                piece = piece * level(swell).astype(np.float32)
            for start, end in spoken(piece, RATE, -42.0, 0.2):
                intervals.append((at / RATE + start, at / RATE + end))
            add_at(voice, piece, at)
            at += piece.size + int(rng.choice([rng.uniform(0.15, 0.5), rng.uniform(0.5, 2.5)]) * RATE)
        voice = coloured(rng, voice)
    if rng.random() < 0.85:
        others += restless_noise(rng, count) * level(rng.uniform(-45, 0))
    if rng.random() < 0.3:
        others += music(rng, count, 0.02) * level(rng.uniform(-12, 10))
    if rng.random() < 0.25:
        others += hum(rng, count) * level(rng.uniform(-15, 8))
    if rng.random() < 0.3:
        for _ in range(rng.integers(1, 12)):
            piece = click(rng, RATE, rng.uniform(0.003, 0.05), rng.uniform(200, 4000), rng.uniform(0, 1))
            add_at(others, piece * level(rng.uniform(-10, 15)), rng.integers(count))
    others = coloured(rng, others)
    talk = np.sqrt(np.mean(voice[voice != 0] ** 2)) if intervals else 0.1
    noise = np.sqrt(np.mean(others**2)) + 1e-9
    sound = voice + others * (talk / noise) * level(-rng.uniform(3, 45))
    sound = sound / (np.abs(sound).max() + 1e-9) * level(rng.uniform(-40, 0))
    # Digital silence, or the floor of a recorder.
    sound = sound + rng.standard_normal(count).astype(np.float32) * level(rng.uniform(-110, -70)) * (rng.random() < 0.8)
    return sound.astype(np.float32), intervals
