"""Faces, their emotions and speech in a clip, as one writes it in Python: PyAV, NumPy and ONNX Runtime.

    Benchmarks/cascade_glue.py CLIP DETECTOR EMOTIONS SPEECH [--threads 1] > results.jsonl

What `Benchmarks/cascade.py` measures Braid against. Pictures are scaled by libswscale through PyAV, models run on one session
each, detections are decoded with NumPy; nothing is computed twice and nothing is copied that need not be. The last line of
standard error is the seconds from the first packet to the last result, without imports and loading.
"""
import argparse
import json
import sys
import time

import av
import numpy as np
import onnxruntime as ort
from av.video.reformatter import Interpolation

WIDTH, HEIGHT = 320, 240
THRESHOLD, OVERLAP = 0.7, 0.3


def session(path, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def priors():
    """Centre and size of UltraFace's prior boxes, `[n, 4]` in parts of the picture."""
    rows = []
    for stride, sizes in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
        for y in range(-(-HEIGHT // stride)):
            for x in range(-(-WIDTH // stride)):
                rows += [((x + 0.5) * stride / WIDTH, (y + 0.5) * stride / HEIGHT, s / WIDTH, s / HEIGHT) for s in sizes]
    return np.clip(np.array(rows, np.float32), 0, 1)


def detections(scores, offsets, priors):
    """Corners and scores of the faces that stay after non-maximum suppression, the best first."""
    places = np.flatnonzero(scores[0, :, 1] >= THRESHOLD)
    if places.size == 0:
        return np.empty((0, 5), np.float32)
    score, offset, prior = scores[0, places, 1], offsets[0, places], priors[places]
    centre = prior[:, :2] + offset[:, :2] * 0.1 * prior[:, 2:]
    size = np.exp(offset[:, 2:] * 0.2) * prior[:, 2:]
    boxes = np.clip(np.hstack([centre - size / 2, centre + size / 2]), 0, 1)
    order, kept = np.argsort(-score, kind="stable"), []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[rest, :2]), np.minimum(boxes[best, 2:], boxes[rest, 2:])
        common = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[common / (area[best] + area[rest] - common) <= OVERLAP]
    return np.hstack([boxes[kept], score[kept, None]])


def square(box, width, height, margin=0.2):
    """The pixels of a box, wider on each side, its shorter side as long as its longer one: left, top, width, height."""
    left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    half = max(right - left, bottom - top) * (0.5 + margin)
    x, y = (left + right) / 2, (top + bottom) / 2
    left, top = max(0, round(x - half)), max(0, round(y - half))
    return left, top, min(width, round(x + half)) - left, min(height, round(y + half)) - top


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("clip", "detector", "emotions", "speech"):
        parser.add_argument(name)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--exact", action="store_true", help="round when scaling, as Braid does; slower")
    options = parser.parse_args()
    detector, emotions, speech = (
        session(path, options.threads) for path in (options.detector, options.emotions, options.speech))
    detector_input, emotions_input = detector.get_inputs()[0].name, emotions.get_inputs()[0].name
    anchors = priors()
    exactly = Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
    scaling = Interpolation.AREA | exactly if options.exact else Interpolation.AREA
    start = time.perf_counter()
    with av.open(options.clip) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        for stream in (video, audio):
            stream.thread_count = options.threads
            stream.thread_type = "AUTO"
        resampler = av.AudioResampler("flt", "mono", 16000)
        state, context, waiting = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), np.empty(0, np.float32)
        rate, heard = np.array(16000, np.int64), 0
        out = sys.stdout.write
        for frame in container.decode(video, audio):
            if isinstance(frame, av.AudioFrame):
                parts = [block.to_ndarray()[0] for block in resampler.resample(frame)]
                waiting = np.concatenate([waiting, *parts])
                while waiting.size >= 512:
                    window, waiting = np.concatenate([context, waiting[:512]]), waiting[512:]
                    probability, state = speech.run(None, {"input": window[None], "state": state, "sr": rate})
                    context = window[-64:]
                    out(json.dumps({"model": "speech", "pts": heard / 16000, "score": float(probability[0, 0])}) + "\n")
                    heard += 512
                continue
            small = frame.reformat(WIDTH, HEIGHT, "rgb24", interpolation=scaling, threads=options.threads).to_ndarray()
            tensor = np.ascontiguousarray(((small.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None])
            faces = detections(*detector.run(["scores", "boxes"], {detector_input: tensor}), anchors)
            out(json.dumps({"model": "faces", "pts": frame.time, "faces": faces.tolist()}) + "\n")
            if len(faces) == 0:
                continue
            luma = frame.reformat(format="gray", threads=options.threads).to_ndarray()
            told = []
            for face in faces[:16]:
                left, top, width, height = square(face, frame.width, frame.height)
                crop = av.VideoFrame.from_ndarray(np.ascontiguousarray(luma[top : top + height, left : left + width]), "gray")
                values = crop.reformat(64, 64, interpolation=scaling, threads=options.threads).to_ndarray().astype(np.float32)[None, None] / 127.5 - 1
                told.append(emotions.run(None, {emotions_input: values})[0][0].tolist())
            out(json.dumps({"model": "emotions", "pts": frame.time, "values": told}) + "\n")
    sys.stdout.flush()
    print(time.perf_counter() - start, file=sys.stderr)


if __name__ == "__main__":
    main()
