#!/usr/bin/env python3
"""A UDP proxy that loses, delays and reorders packets, the same for the same seed.

    udp_impairment.py LISTEN_PORT TARGET_PORT [--loss 0.05] [--jitter 30] [--delay 0] [--reorder] [--seed 1]

Forwards what comes to 127.0.0.1:LISTEN_PORT to 127.0.0.1:TARGET_PORT, and answers back to the last sender. Without
--reorder a packet never overtakes the one before it. Prints a line when it listens, and its counts when it ends (SIGTERM).
"""
import argparse
import heapq
import json
import random
import select
import signal
import socket
import sys
import time


class Proxy:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.inside = self.bind(options.listen)
        self.outside = self.bind(0)
        self.target = ("127.0.0.1", options.target)
        self.sender = None
        self.queue = []  # (due, number, goes_out, data)
        self.latest = {True: 0.0, False: 0.0}
        self.counts = {"received": 0, "lost": 0, "overtaken": 0}
        self.is_running = True

    @staticmethod
    def bind(port):
        endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        endpoint.bind(("127.0.0.1", port))
        endpoint.setblocking(False)
        return endpoint

    def stop(self, *_):
        self.is_running = False

    def run(self):
        while self.is_running:
            self.send_due()
            wait = min(0.1, self.queue[0][0] - time.monotonic()) if self.queue else 0.1
            readable, _, _ = select.select([self.inside, self.outside], [], [], max(0.0, wait))
            for endpoint in readable:
                self.receive(endpoint)
        print(json.dumps(self.counts), flush=True)

    def receive(self, endpoint):
        goes_out = endpoint is self.inside
        for _ in range(256):
            try:
                data, address = endpoint.recvfrom(65536)
            except OSError:
                return
            if goes_out:
                self.sender = address
            self.counts["received"] += 1
            if self.random.random() < self.options.loss:
                self.counts["lost"] += 1
                continue
            due = time.monotonic() + (self.options.delay + self.options.jitter * self.random.random()) / 1000
            if due < self.latest[goes_out]:
                self.counts["overtaken"] += self.options.reorder
                due = due if self.options.reorder else self.latest[goes_out]
            self.latest[goes_out] = max(due, self.latest[goes_out])
            heapq.heappush(self.queue, (due, self.counts["received"], goes_out, data))

    def send_due(self):
        while self.queue and self.queue[0][0] <= time.monotonic():
            _, _, goes_out, data = heapq.heappop(self.queue)
            try:
                if goes_out:
                    self.outside.sendto(data, self.target)
                elif self.sender:
                    self.inside.sendto(data, self.sender)
            except OSError:
                pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("listen", type=int)
    parser.add_argument("target", type=int)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--jitter", type=float, default=0, help="milliseconds")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds")
    parser.add_argument("--reorder", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    proxy = Proxy(parser.parse_args())
    # Whoever starts this may have it blocked.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGINT])
    signal.signal(signal.SIGTERM, proxy.stop)
    signal.signal(signal.SIGINT, proxy.stop)
    print("listening", flush=True)
    proxy.run()


if __name__ == "__main__":
    sys.exit(main())
