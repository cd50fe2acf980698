#!/usr/bin/env python3
"""An HTTP server that behaves in the ways that clients must bear: http_server.py PORT [--folder DIR] [--file FILE --rate BYTES]

    /silent        answers nothing
    /garbage       random bytes, without end
    /loop          redirects to itself
    /local         redirects to a file of this machine
    /stream        FILE from the start at BYTES a second, without a length, then closes
    /folder/NAME   files of DIR, with lengths and ranges
    /bounded/NAME  the same without ranges

Prints a line when it listens.
"""
import argparse
import http.server
import os
import random
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    options = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        action = {"/silent": self.silent, "/garbage": self.garbage, "/stream": self.stream}.get(path)
        try:
            if action:
                action()
            elif path in ("/loop", "/local"):
                self.send_response(302)
                self.send_header("Location", "/loop" if path == "/loop" else "file:///etc/passwd")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path.startswith(("/folder/", "/bounded/")):
                self.file(os.path.basename(path), path.startswith("/folder/"))
            else:
                self.send_error(404)
        except OSError:
            pass

    def silent(self):
        time.sleep(3600)

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def garbage(self):
        self.begin()
        generator = random.Random(1)
        while True:
            self.wfile.write(generator.randbytes(65536))

    def stream(self):
        self.begin()
        start, sent = time.monotonic(), 0
        with open(self.options.file, "rb") as file:
            while data := file.read(max(188, self.options.rate // 50)):
                self.wfile.write(data)
                sent += len(data)
                time.sleep(max(0.0, start + sent / self.options.rate - time.monotonic()))

    def file(self, name, has_ranges):
        try:
            with open(os.path.join(self.options.folder, name), "rb") as file:
                data = file.read()
        except OSError:
            self.send_error(404)
            return
        first, wanted = 0, self.headers.get("Range", "")
        if has_ranges and wanted.startswith("bytes="):
            first = min(len(data), int(wanted[6:].split("-")[0] or 0))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if has_ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        self.wfile.write(data[first:])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--folder", default=".")
    parser.add_argument("--file")
    parser.add_argument("--rate", type=int, default=100_000)
    Handler.options = parser.parse_args()
    server = Server(("127.0.0.1", Handler.options.port), Handler)
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
