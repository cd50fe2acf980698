#!/usr/bin/env python3
"""Makes the goldens of Tests/FeaturesTests/Goldens/Pictures: planes, and their features by the reference tools.

Needs opencv-python-headless 5.0.0.93, imagehash 4.3.2, Pillow 13.0.0 and numpy 2.4.6. Run from the repository's root. Not
needed to build or test.
  planes-<width>x<height>.u8   [pictures, 3, height, width] bytes: luma, Cb, Cr, full range
  <feature>-<width>x<height>.f32   [pictures, columns] little-endian 32-bit floats, every picture by itself
The sizes are a usual one, an odd one and a single pixel. References: contrast numpy.std of luma over 255; luma-histogram
numpy.histogram in 32 bins; colour-histogram numpy.histogram2d in 8 by 8 bins; colourfulness Hasler and Süsstrunk's formula
on red, green and blue of each pixel, by BT.601 and BT.709, in double precision without clipping; sharpness
cv2.Laplacian(luma, cv2.CV_64F).var(); phash imagehash.phash of the luma as four numbers of 16 bits.
Tolerance in the tests: relative 1e-6; phash and the histograms equal.
"""
import pathlib

import cv2
import imagehash
import numpy as np
import PIL
from PIL import Image

VERSIONS = {"cv2": "5.0.0", "imagehash": "4.3.2", "PIL": "13.0.0"}
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeaturesTests/Goldens/Pictures"


def plane(rng, width, height, kind):
    y, x = np.mgrid[0:height, 0:width]
    if kind == 0:
        values = rng.integers(0, 256, (height, width))
    elif kind == 1:
        values = 255 * x / max(1, width - 1)
    elif kind == 2:
        values = 128 + 100 * np.sin(x / 5 + rng.random()) * np.cos(y / 7) + 10 * rng.standard_normal((height, width))
    elif kind == 3:
        values = np.where((x // 9 + y // 11) % 2, 220, 35)
    else:
        values = np.full((height, width), 90)
    return np.clip(values, 0, 255).astype(np.uint8)


def pictures(width, height):
    rng = np.random.default_rng(width * 1000 + height)
    kinds = [(2, 2, 2), (0, 0, 0), (1, 4, 4), (3, 2, 1), (4, 4, 4)]
    return np.stack([np.stack([plane(rng, width, height, kind) for kind in three]) for three in kinds])


def colourfulness(planes, red, blue):
    y, cb, cr = (p.astype(np.float64) for p in planes)
    green = 1 - red - blue
    r = y + 2 * (1 - red) * (cr - 128)
    b = y + 2 * (1 - blue) * (cb - 128)
    g = (y - red * r - blue * b) / green
    rg, yb = r - g, (r + g) / 2 - b
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def phash(planes):
    value = int(str(imagehash.phash(Image.fromarray(planes[0], "L"))), 16)
    return [(value >> shift) & 0xFFFF for shift in (48, 32, 16, 0)]


FEATURES = {
    "contrast": lambda p: p[0].std(dtype=np.float64) / 255,
    "luma-histogram": lambda p: np.histogram(p[0], 32, (0, 256))[0] / p[0].size,
    "colour-histogram": lambda p: np.histogram2d(
        p[1].ravel(), p[2].ravel(), 8, ((0, 256), (0, 256)))[0].ravel() / p[0].size,
    "colourfulness": lambda p: colourfulness(p, 0.299, 0.114),
    "colourfulness-709": lambda p: colourfulness(p, 0.2126, 0.0722),
    "sharpness": lambda p: cv2.Laplacian(p[0], cv2.CV_64F).var(),
    "phash": phash,
}


def main():
    for module, version in ((cv2, "cv2"), (imagehash, "imagehash"), (PIL, "PIL")):
        if module.__version__ != VERSIONS[version]:
            raise SystemExit(f"{version} {VERSIONS[version]} is needed, {module.__version__} is installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width, height in ((96, 54), (53, 37), (1, 1)):
        planes = pictures(width, height)
        planes.tofile(FOLDER / f"planes-{width}x{height}.u8")
        for name, reference in FEATURES.items():
            rows = np.stack([np.atleast_1d(reference(picture)) for picture in planes]).astype("<f4")
            rows.tofile(FOLDER / f"{name}-{width}x{height}.f32")
            print(name, f"{width}x{height}", rows.shape)


if __name__ == "__main__":
    main()
