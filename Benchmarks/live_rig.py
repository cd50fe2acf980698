"""What the benchmarks of live capture share: the test microphone, a braid that runs on it, and what its records say."""
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BRAID = os.environ.get("BRAID", os.path.join(ROOT, ".build/release/braid"))
PICTURE = "lavfi:testsrc2=size=320x240:rate=30"


class Microphone:
    """A capture device for libasound alone; see Tests/Rigs/testmic/pcm_testmic.c, which says what its fields and commands mean."""

    def __init__(self, **fields):
        self.folder = tempfile.mkdtemp(prefix="braid-mic-")
        self.control = os.path.join(self.folder, "mic")
        plugin = os.path.join(self.folder, "libasound_module_pcm_testmic.so")
        source = os.path.join(ROOT, "Tests/Rigs/testmic/pcm_testmic.c")
        subprocess.run(["gcc", "-O2", "-fPIC", "-shared", "-DPIC", "-o", plugin, source, "-lasound", "-lm"], check=True)
        settings = " ".join(f"{name} {value}" for name, value in fields.items())
        configuration = os.path.join(self.folder, "asound.conf")
        with open(configuration, "w") as file:
            file.write(
                "</usr/share/alsa/alsa.conf>\n"
                f'pcm_type.testmic {{ lib "{plugin}" }}\n'
                f'pcm.mic {{ type testmic control "{self.control}" {settings} '
                'hint { show on description "Test microphone" } }\n')
        self.environment = dict(os.environ, ALSA_CONFIG_PATH=configuration)

    def tell(self, command):
        with open(self.control + ".new", "w") as file:
            file.write(command + "\n")
        os.rename(self.control + ".new", self.control)

    def plug(self, is_in):
        path = self.control + ".gone"
        if is_in:
            os.unlink(path)
        else:
            open(path, "w").close()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Run:
    """A braid that runs. Its records are read as they come, by a thread, and handed to `take`."""

    def __init__(self, arguments, environment, take):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [BRAID, "run"] + arguments, env=environment, stdout=subprocess.PIPE, stderr=self.errors,
            # A braid started where SIGINT is ignored, as by nohup in a script, keeps ignoring it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.take = take
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.take(json.loads(line), time.monotonic())

    def facts(self):
        """Resident memory in megabytes, threads, descriptors."""
        folder = f"/proc/{self.process.pid}"
        with open(folder + "/status") as file:
            status = dict(line.split(":", 1) for line in file if ":" in line)
        return int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), len(os.listdir(folder + "/fd"))

    def processor_time(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_alive(self):
        return self.process.poll() is None

    def interrupt(self):
        self.process.send_signal(2)

    def finish(self):
        """Waits for the end; returns the status and what was said on stderr."""
        status = self.process.wait(timeout=60)
        self.reader.join()
        self.errors.seek(0)
        return status, self.errors.read()


class Counter:
    """Follows the microphone's counter channel through rows of `rms`, and so proves what came and what was lost, to the sample.

    The microphone has a tone of 0 Hz and two channels of 16 kHz, so that the mean of both is half the counter. A row's level is
    that of `hop` numbers in a row, of which it gives the first.
    """

    PERIOD = 1 << 15

    def __init__(self, hop, rate=16000, ppm=0):
        self.hop, self.rate, self.ppm = hop, rate, ppm
        # Where the session's time is zero, on CLOCK_MONOTONIC, once known; then every row's time is held against the true one.
        self.zero = None
        self.skews = []  # session's time, seconds by which it says the sound was captured too late
        self.runs = [[None, 0]]  # between gaps: the count of the first sample, rows
        self.gaps = []
        self.wrong = 0
        self.rows = 0

    def take(self, record):
        if record["type"] == "gap" and record["stream"] == "audio:0":
            self.gaps.append(record)
            self.runs.append([None, 0])
        if record["type"] != "features" or record["name"].split(",")[0] != "rms":
            return
        for index, (level,) in enumerate(record["values"]):
            self._row(level, record["pts"] + (index - 0.5) * record["hop"])

    def _row(self, level, pts):
        state = self.runs[-1]
        place = state[1] * self.hop
        state[1] += 1
        self.rows += 1
        if state[0] is not None:
            expected = (state[0] + place) % self.PERIOD
            # Where the counter begins anew within the row, or is so small that the level says little, nothing can be read.
            if expected + self.hop > self.PERIOD or expected < 64:
                return
        square = (10 ** (level / 20) * 2 * self.PERIOD) ** 2 - (self.hop ** 2 - 1) / 12
        first = math.sqrt(max(0, square)) - (self.hop - 1) / 2
        if state[0] is None:
            if first + self.hop < self.PERIOD - 2 and first > 64 and abs(first - round(first)) < 0.25:
                state[0] = (round(first) - place) % self.PERIOD
            return
        if abs(first - expected) > 0.4:
            self.wrong += 1
        elif self.zero is not None:
            # The microphone's clock stands at sample t * rate * (1 + ppm / 10^6), t being CLOCK_MONOTONIC.
            rate = self.rate * (1 + self.ppm * 1e-6)
            said = (self.zero + pts) * rate
            late = (said - expected + self.PERIOD / 2) % self.PERIOD - self.PERIOD / 2
            self.skews.append((pts, late / rate))

    def account(self, stream):
        """What is wrong with a stream's account in the summary; empty where nothing is."""
        wrong = []
        if self.wrong:
            wrong.append(f"{self.wrong} rows of {self.rows} do not hold the count that they should")
        if stream["samples"] != stream["delivered"] + stream["lost_samples"]:
            wrong.append(f"samples are not delivered + lost: {stream}")
        if any(first is None for first, _ in self.runs):
            wrong.append("a run between two gaps is too short to be read")
            return wrong
        delivered = 0
        for (first, rows), (following, _), gap in zip(self.runs, self.runs[1:], self.gaps):
            # Rows take all samples but the last few of a run.
            rest = (following - first - rows * self.hop - gap["samples"]) % self.PERIOD
            if rest >= self.hop:
                wrong.append(f"the gap at {gap['pts']} says {gap['samples']} samples and is not that long")
            delivered += rows * self.hop + rest
        rest = stream["delivered"] - delivered - self.runs[-1][1] * self.hop
        if not 0 <= rest < self.hop:
            wrong.append(f"{stream['delivered']} samples delivered, {stream['delivered'] - rest} seen")
        if sum(gap["samples"] for gap in self.gaps) != stream["lost_samples"]:
            wrong.append("the gaps' samples are not those lost")
        return wrong
