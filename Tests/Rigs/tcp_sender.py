#!/usr/bin/env python3
"""Sends a file over TCP at a steady rate: tcp_sender.py PORT FILE BYTES_A_SECOND

Prints its port (PORT may be 0). A client that comes after another one was served gets the file from where time has got to.
"""
import socket
import sys
import time

port, path, rate = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open(path, "rb") as file:
    data = file.read()
server = socket.create_server(("127.0.0.1", port))
print(server.getsockname()[1], flush=True)
start = None
while True:
    client, _ = server.accept()
    start = start or time.monotonic()
    position = int((time.monotonic() - start) * rate) // 188 * 188
    try:
        while position < len(data):
            end = min(len(data), int((time.monotonic() - start) * rate))
            client.sendall(data[position:end])
            position = max(position, end)
            time.sleep(0.02)
    except OSError:
        pass
    client.close()
    if position >= len(data):
        break
