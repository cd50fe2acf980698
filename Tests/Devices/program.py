"""Runs the program and reads its records."""

import json
import os
import signal
import subprocess
import threading
import time

BRAID = os.path.abspath(os.environ["BRAID"])
QUIET = ["--model", "none", "--features", "none"]


class Run:
    """One run of `braid run`. Its records come while it runs."""

    def __init__(self, *arguments, prefix=()):
        self.records = []
        self.errors = ""
        self.process = subprocess.Popen(
            [*prefix, BRAID, "run", *arguments, *QUIET, "-q"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.records.append(json.loads(line))

    def _read_errors(self):
        self.errors = self.process.stderr.read()

    def of(self, kind, **values):
        """The records of a type whose fields have these values."""
        return [r for r in list(self.records) if r["type"] == kind and all(r.get(k) == v for k, v in values.items())]

    def delivered(self, stream):
        """How much of a stream has been delivered, by the newest `stats`."""
        stats = self.of("stats")
        return stats[-1]["streams"][stream]["delivered"] if stats else 0

    def wait_for(self, condition, seconds=60):
        """Waits until the condition holds; the emulated machine is slow, and slower under load."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"it did not come: {self.told()}")
            time.sleep(0.05)

    def wait_for_more(self, stream):
        """Waits until more of a stream is delivered than now."""
        before = self.delivered(stream)
        self.wait_for(lambda: self.delivered(stream) > before)

    def stop_for(self, seconds):
        """Lets the process stand still."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def end(self, interrupt=True):
        """Ends it, or waits for its end, and returns its status and summary."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=180)
        for thread in self._threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, self.of("summary")[0]

    def told(self):
        """What happened, in a line each."""
        lines = [
            json.dumps(r) for r in list(self.records) if r["type"] in ("event", "gap", "error", "summary")
        ]
        return "\n".join(lines + [self.errors])
