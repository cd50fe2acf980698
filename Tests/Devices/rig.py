"""The devices of the virtual machine, as the cases steer them: a camera (vivid) and a sound card (snd-aloop)."""

import contextlib
import subprocess
import time
from pathlib import Path

CAMERA = "/dev/video0"
# What is played to the card's device 0 is captured from its device 1.
PLAYBACK, MICROPHONE = "hw:Loopback,0", "hw:Loopback,1"
DRIVERS = Path("/sys/bus/platform/drivers")


def camera(**controls):
    """Sets controls of the camera; those that are buttons are pressed with 1."""
    values = ",".join(f"{name}={value}" for name, value in controls.items())
    subprocess.run(["v4l2-ctl", "-d", CAMERA, "-c", values], check=True)


def unplug(driver, device):
    (DRIVERS / driver / "unbind").write_text(device)


def plug_in(driver, device):
    (DRIVERS / driver / "bind").write_text(device)


@contextlib.contextmanager
def tone(seconds):
    """Plays a tone to the microphone, again and again, whatever becomes of the card."""
    command = (
        f"for i in $(seq {seconds}); do ffmpeg -v quiet -f lavfi -i sine=r=48000 -ac 2 -c:a pcm_s16le -f wav -t {seconds} - "
        f"| aplay -q -D {PLAYBACK} - ; sleep 0.5; done"
    )
    player = subprocess.Popen(
        ["setsid", "sh", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        subprocess.run(["kill", "-9", "--", f"-{player.pid}"], check=False)
        player.wait()


@contextlib.contextmanager
def another_program():
    """Another program that has the camera."""
    holder = subprocess.Popen(
        ["v4l2-ctl", "-d", CAMERA, "--stream-mmap", "--stream-count", "10000"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    try:
        yield
    finally:
        holder.kill()
        holder.wait()
