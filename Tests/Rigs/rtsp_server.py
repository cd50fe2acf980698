#!/usr/bin/env python3
"""An RTSP server of live pictures (VP8) and sound (Opus): rtsp_server.py PORT [--transports udp,tcp] [--restarts]

Serves rtsp://127.0.0.1:PORT/live. Needs Debian's gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-good. Prints a line
when it listens. With --restarts the server is a child that SIGUSR1 kills, as kill -9 does, and starts again.
"""
import argparse
import ctypes
import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1"
    " ! vp8enc deadline=1 keyframe-max-dist=12 target-bitrate=200000 ! rtpvp8pay name=pay0 pt=96"
    " audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=1 ! opusenc frame-size=20 ! rtpopuspay name=pay1 pt=97 )"
)


def serve(options):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    protocols = GstRtsp.RTSPLowerTrans(0)
    for name in options.transports.split(","):
        protocols |= getattr(GstRtsp.RTSPLowerTrans, name.upper())
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    factory.set_protocols(protocols)
    server.get_mount_points().add_factory("/live", factory)
    if server.attach(None) == 0:
        return 1
    print("listening", flush=True)
    GLib.MainLoop().run()
    return 0


def supervise(options):
    while True:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it must not outlive this process
            os._exit(serve(options))
        signal.sigwait([signal.SIGUSR1])
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port")
    parser.add_argument("--transports", default="udp,tcp")
    parser.add_argument("--restarts", action="store_true")
    options = parser.parse_args()
    if not options.restarts:
        return serve(options)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    return supervise(options)


if __name__ == "__main__":
    sys.exit(main())
