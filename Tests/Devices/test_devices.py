"""Capture from devices: run in the virtual machine by scripts/test-devices, with BRAID the program."""

import json
import re
import subprocess
import unittest

import rig
from program import BRAID, Run

CAMERA = f"v4l2:{rig.CAMERA}?size=320x180&rate=15"
MICROPHONE = f"alsa:{rig.MICROPHONE}?rate=48000&channels=2"
LIVE = ["--reconnect-wait", "300ms"]


class Devices(unittest.TestCase):
    def setUp(self):
        print(f"\n== {self.id().split('.')[-1]}", flush=True)

    def accounts(self, summary, run):
        """Frames and samples = delivered + lost, always."""
        for name, stream in summary["streams"].items():
            lost = stream["lost"]
            if stream["kind"] == "audio":
                self.assertEqual(stream["samples"], stream["delivered"] + stream["lost_samples"], run.told())
                gaps = sum(gap["samples"] for gap in run.of("gap", stream=name))
                self.assertEqual(stream["lost_samples"], gaps, run.told())
            else:
                self.assertEqual(stream["frames"], stream["delivered"] + lost["ring"] + lost["gap"], run.told())
                gaps = sum(gap["frames"] for gap in run.of("gap", stream=name))
                self.assertEqual(lost["ring"] + lost["gap"], gaps, run.told())

    def epochs(self, run, stream):
        """Epochs go up with gaps alone; what this program's own ring dropped is one epoch's."""
        epoch = 0
        for gap in run.of("gap", stream=stream):
            self.assertEqual(gap["epoch"], epoch, run.told())
            self.assertGreaterEqual(gap["new_epoch"], epoch + (gap["reason"] == "unplug"), run.told())
            epoch = gap["new_epoch"]

    def refused(self, uri, code, *words, prefix=()):
        """An input that cannot be opened: status 3, and an error that says why."""
        run = Run(uri, prefix=prefix)
        status, _ = run.end(interrupt=False)
        print(run.errors.strip(), flush=True)
        self.assertEqual(status, 3)
        error = run.of("error")[0]
        self.assertEqual(error["code"], code)
        self.assertTrue(error["remedy"])
        for word in words:
            self.assertIn(word, error["message"] + error["remedy"])

    def test_both_for_a_minute(self):
        with rig.tone(100):
            run = Run(CAMERA, MICROPHONE, "--duration", "60")
            status, summary = run.end(interrupt=False)
        print(run.told())
        self.assertEqual(status, 0)
        video, audio = summary["streams"]["video:0"], summary["streams"]["audio:0"]
        # What an emulated machine is late with is late, and not lost: the driver's stamps tell when it was.
        self.assertAlmostEqual(video["frames"], 15 * 60, delta=15)
        self.assertAlmostEqual(audio["samples"], 48000 * 60, delta=48000)
        self.assertLess(video["first_pts"], 1)
        self.assertAlmostEqual(video["last_pts"], 60, delta=1)
        self.assertAlmostEqual(audio["last_pts"], 60, delta=1)
        self.accounts(summary, run)

    def test_unplugged_camera(self):
        with rig.tone(60):
            run = Run(CAMERA, MICROPHONE, *LIVE)
            run.wait_for(lambda: run.delivered("video:0") > 15)
            rig.unplug("vivid", "vivid.0")
            run.wait_for(lambda: run.of("event", name="disconnected", stream="video:0"))
            run.wait_for_more("audio:0")
            rig.plug_in("vivid", "vivid.0")
            run.wait_for(lambda: run.of("event", name="reconnected", stream="video:0"))
            run.wait_for_more("video:0")
            status, summary = run.end()
        print(run.told())
        self.assertEqual(status, 130)
        gap = run.of("gap", stream="video:0", reason="unplug")[0]
        self.assertGreater(gap["duration"], 0)
        self.epochs(run, "video:0")
        self.assertFalse(run.of("event", name="disconnected", stream="audio:0"), run.told())
        self.accounts(summary, run)

    def test_unplugged_microphone(self):
        with rig.tone(60):
            run = Run(CAMERA, MICROPHONE, *LIVE)
            run.wait_for(lambda: run.delivered("audio:0") > 48000)
            rig.unplug("snd_aloop", "snd_aloop.0")
            run.wait_for(lambda: run.of("event", name="disconnected", stream="audio:0"))
            run.wait_for_more("video:0")
            rig.plug_in("snd_aloop", "snd_aloop.0")
            run.wait_for(lambda: run.of("event", name="reconnected", stream="audio:0"))
            run.wait_for_more("audio:0")
            status, summary = run.end()
        print(run.told())
        self.assertEqual(status, 130)
        self.assertEqual(len(run.of("gap", stream="audio:0", reason="unplug")), 1)
        self.epochs(run, "audio:0")
        self.assertFalse(run.of("event", name="disconnected", stream="video:0"), run.told())
        self.accounts(summary, run)

    def test_silent_camera(self):
        """A driver that gives nothing and no error is noticed, and the camera got back."""
        run = Run(CAMERA, *LIVE, "--read-timeout", "2s")
        run.wait_for(lambda: run.delivered("video:0") > 15)
        rig.camera(percentage_of_dropped_buffers=100)
        run.wait_for(lambda: run.of("event", name="disconnected"))
        rig.camera(percentage_of_dropped_buffers=0)
        run.wait_for(lambda: run.of("event", name="reconnected"))
        run.wait_for_more("video:0")
        status, summary = run.end()
        print(run.told())
        self.assertEqual(status, 130)
        self.assertIn("nothing came for 2.0 s", run.of("event", name="disconnected")[0]["cause"])
        self.accounts(summary, run)

    def test_overrun(self):
        """A process that stands still for longer than the devices' buffers: what was lost is counted, and time does not shift."""
        with rig.tone(60):
            run = Run(CAMERA, MICROPHONE, *LIVE)
            run.wait_for(lambda: run.delivered("video:0") > 15 and run.delivered("audio:0") > 48000)
            run.stop_for(8)
            run.wait_for(lambda: run.of("gap", stream="video:0") and run.of("gap", stream="audio:0"))
            run.wait_for_more("video:0")
            run.wait_for_more("audio:0")
            status, summary = run.end()
        print(run.told())
        self.assertEqual(status, 130)
        # The camera has 32 buffers, two seconds: the rest of the eight is lost, one picture for each fifteenth.
        video = max(run.of("gap", stream="video:0", reason="overrun"), key=lambda gap: gap["duration"])
        self.assertAlmostEqual(video["frames"], video["duration"] * 15, delta=1)
        self.assertGreater(video["duration"], 3)
        audio = max(run.of("gap", stream="audio:0", reason="overrun"), key=lambda gap: gap["duration"])
        # The line of a clock that was seen for a second or two is not yet exact.
        self.assertAlmostEqual(audio["samples"], audio["duration"] * 48000, delta=480)
        self.assertGreater(audio["duration"], 5)
        # Both are on one timeline at the end, however long they stood still.
        streams = summary["streams"]
        self.assertAlmostEqual(streams["video:0"]["last_pts"], streams["audio:0"]["last_pts"], delta=1)
        self.assertAlmostEqual(streams["audio:0"]["samples"] / 48000, streams["audio:0"]["last_pts"], delta=1)
        self.accounts(summary, run)

    def test_damaged_picture(self):
        run = Run(CAMERA, *LIVE)
        run.wait_for(lambda: run.delivered("video:0") > 5)
        rig.camera(inject_v4l2_buf_flag_error=1)
        run.wait_for_more("video:0")
        run.wait_for_more("video:0")
        _, summary = run.end()
        print(run.told())
        self.assertEqual(summary["streams"]["video:0"]["lost"]["decode"], 1)
        self.accounts(summary, run)

    def test_formats(self):
        """Each format comes out as it was asked for, and what the camera gives instead is told."""
        for query, expected in [
            ("size=320x180&rate=15&format=yuyv422", ("yuyv422", 320, 180, "15/1")),
            ("size=640x360&rate=10&format=YU12", ("yuv420p", 640, 360, "10/1")),
            ("size=320x180&rate=30&format=gray", ("gray", 320, 180, "30/1")),
            ("size=320x180&rate=10&format=rgb24", ("rgb24", 320, 180, "10/1")),
            ("size=333x222&rate=17&format=yuyv422", ("yuyv422", 320, 180, "25/1")),
        ]:
            run = Run(f"v4l2:{rig.CAMERA}?{query}", "--duration", "2")
            status, summary = run.end(interrupt=False)
            stream = run.of("session")[0]["streams"]["video:0"]
            got = (stream["pixel_format"], stream["width"], stream["height"], stream["frame_rate"])
            print(query, "->", got, summary["streams"]["video:0"]["frames"], "pictures in 2 s", flush=True)
            self.assertEqual(status, 0, run.told())
            self.assertEqual(got, expected)
            rate = int(stream["frame_rate"].split("/")[0])
            self.assertAlmostEqual(summary["streams"]["video:0"]["frames"], 2 * rate, delta=rate / 2)
        probe = subprocess.run(
            [BRAID, "probe", f"v4l2:{rig.CAMERA}?size=333x222&rate=17"], capture_output=True, text=True, check=True
        )
        self.assertIn("320x180 instead of 333x222", probe.stdout)
        self.assertIn("25 pictures a second instead of 17", probe.stdout)

    def test_refusals(self):
        self.refused("v4l2:/dev/video77", "not-found", "no such device")
        self.refused("v4l2:/dev/video1", "unusable", "gives no pictures")
        self.refused("v4l2:/dev/null", "unusable", "no V4L2 device")
        self.refused(f"v4l2:{rig.CAMERA}?format=mjpeg", "format-refused", "yuyv422 (YUYV)")
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.refused(f"v4l2:{rig.CAMERA}", "not-permitted", "group 'video'", prefix=nobody)
        with rig.another_program():
            self.refused(f"v4l2:{rig.CAMERA}", "busy", "fuser -v /dev/video0")

    def test_list(self):
        def devices():
            lines = subprocess.run([BRAID, "devices", "--json"], capture_output=True, text=True, check=True).stdout
            return {device["uri"]: device for device in map(json.loads, lines.splitlines())}

        listed = devices()
        print("\n".join(f"{d['uri']}  {d['state']}  {d['description']}" for d in listed.values()), flush=True)
        cameras = [uri for uri in listed if uri.startswith("v4l2:")]
        # Outputs and metadata are no cameras.
        self.assertEqual(cameras, [f"v4l2:{rig.CAMERA}"])
        camera = listed[cameras[0]]
        self.assertEqual((camera["state"], camera["kind"]), ("ready", "video"))
        self.assertIn("vivid", camera["description"])
        self.assertTrue([line for line in camera["formats"] if re.match(r"yuyv422 320x180@60 640x360@40 ", line)])
        self.assertTrue([uri for uri in listed if uri.startswith("alsa:hw:CARD=Loopback")])
        with rig.another_program():
            self.assertEqual(devices()[cameras[0]]["state"], "busy")


if __name__ == "__main__":
    unittest.main()
