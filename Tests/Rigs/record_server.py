#!/usr/bin/env python3
"""A server that takes records by POST: record_server.py PORT LOG [--late SECONDS]

    /ok       takes everything
    /busy     answers 503 to the first two posts of each key, then takes it
    /again    takes the first post of each key and answers 500, as if the answer were lost, then takes it again
    /later    answers 429 with "Retry-After: 1" to the first post of all, then takes everything
    /refuse   answers 400
    /down     answers 503 always
    /slow     takes everything, a third of a second each

What is taken is appended to LOG, a line of JSON each: path, key, headers, body. Prints a line when it listens, with --late only that
long after it could.
"""
import argparse
import collections
import http.server
import json
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    posts = collections.Counter()
    lock = threading.Lock()
    log_path = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Idempotency-Key"]
        with self.lock:
            self.posts[key] += 1
            count = self.posts[key]
            total = sum(self.posts.values())
        path = self.path.split("?")[0]
        status = 200
        if path == "/busy" and count <= 2 or path == "/down":
            status = 503
        elif path == "/later" and total == 1:
            status = 429
        elif path == "/refuse":
            status = 400
        elif path == "/slow":
            time.sleep(0.33)
        if status == 200:
            entry = {"path": self.path, "key": key, "headers": dict(self.headers), "body": body.decode()}
            with self.lock, open(self.log_path, "a") as log:
                log.write(json.dumps(entry) + "\n")
        if path == "/again" and count == 1:
            status = 500
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("log")
parser.add_argument("--late", type=float, default=0)
options = parser.parse_args()
Handler.log_path = options.log
open(options.log, "a").close()
time.sleep(options.late)
server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
print("listening", flush=True)
server.serve_forever()
