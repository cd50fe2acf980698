#!/usr/bin/env python3
"""What a model gives for crops of pictures, by PyAV, NumPy and ONNX Runtime: the golden of Tests/CLITests/CropTests.swift.

    braid run --deterministic --duration 2s faces_speech_h264_aac.mp4 --model ultraface_RFB-320_decoded_stripped.onnx \
        --model fer_mini_xception.onnx \
        --crops fer_mini_xception=ultraface_RFB-320_decoded_stripped,margin=0.2,square=yes > records.jsonl
    python3 tools/make_crop_goldens.py records.jsonl faces_speech_h264_aac.mp4 fer_mini_xception.onnx

Of the records only the regions are taken; pictures are decoded, cut out, averaged over areas and run here. Needs
tools/requirements.txt; not needed to build or test.
"""
import json
import os
import sys

import av
import numpy as np
import onnxruntime as ort


LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def weights(source: int, target: int) -> np.ndarray:
    """Parts of each source pixel in each target pixel, `[target, source]`: areas when shrinking, else linear."""
    scale = source / target
    result = np.zeros((target, source))
    for t in range(target):
        if scale >= 1:
            low, high = t * scale, (t + 1) * scale
            for s in range(int(low), min(source, int(np.ceil(high)))):
                result[t, s] = max(0, min(high, s + 1) - max(low, s)) / scale
        else:
            centre = min(max((t + 0.5) * scale - 0.5, 0), source - 1)
            first = min(int(centre), source - 1)
            second = min(first + 1, source - 1)
            result[t, first] += 1 - (centre - first)
            result[t, second] += centre - first
    return result


def main() -> None:
    records, clip, model = sys.argv[1:4]
    frames = {}
    with av.open(clip) as container:
        for frame in container.decode(video=0):
            # Studio range to full range.
            luma = frame.reformat(format="yuv420p").to_ndarray()[: frame.height].astype(np.float64)
            frames[round(float(frame.time), 3)] = np.clip((luma - 16) * 255 / 219, 0, 255)
            if frame.time > 3:
                break
    session = ort.InferenceSession(model)
    name = session.get_inputs()[0].name
    golden = []
    for line in open(records):
        record = json.loads(line)
        if record["type"] != "result" or "crops" not in record["output"]:
            continue
        luma = frames[round(record["pts"], 3)]
        height, width = luma.shape
        for crop in record["output"]["crops"]:
            x, y, w, h = (round(part * size) for part, size in zip(crop["region"], (width, height, width, height)))
            part = luma[y : y + h, x : x + w]
            small = np.rint(weights(h, 64) @ part @ weights(w, 64).T)
            # As oarriaga/face_classification has it: -1 to 1.
            values = session.run(None, {name: (small / 127.5 - 1).astype(np.float32)[None, None]})[0][0]
            golden.append({"pts": record["pts"], "region": [x, y, w, h], "values": [round(float(v), 6) for v in values]})
            told = {one["label"]: one["score"] for one in crop["output"]["classes"]}
            print(f'{record["pts"]} {x, y, w, h} {max(abs(values[LABELS.index(k)] - v) for k, v in told.items()):.5f}')
    path = os.path.join(os.path.dirname(__file__), "../Tests/CLITests/Goldens/crops.json")
    with open(path, "w") as f:
        json.dump({"script": "tools/make_crop_goldens.py", "onnxruntime": ort.__version__, "numpy": np.__version__,
                   "av": av.__version__, "crops": golden}, f)
        f.write("\n")


if __name__ == "__main__":
    main()
