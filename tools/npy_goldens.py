#!/usr/bin/env python3
"""Write the arrays of Tests/InferenceTests/Arrays with NumPy: every type in both orders, the odd forms, and archives.

    python3 tools/npy_goldens.py        needs numpy, see tools/requirements.txt
"""
import os

import numpy as np

OUT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Tests/InferenceTests/Arrays")


def save(name, array):
    np.save(os.path.join(OUT, name + ".npy"), array)


os.makedirs(OUT, exist_ok=True)
for kind in "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64".split():
    values = np.arange(6, dtype=kind).reshape(2, 3)
    save(f"{kind}_C", values)
    save(f"{kind}_F", np.asfortranarray(values))
save("bool", np.array([True, False, True]))
save("scalar", np.array(2.5, np.float32))
save("empty", np.zeros((0, 3), np.int64))
save("cube_F", np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4)))
save("texts", np.array(["", "ab", "\u00e9\U0001f600"]))
with open(os.path.join(OUT, "version2.npy"), "wb") as file:
    np.lib.format.write_array(file, np.array([1, 2], np.float32), version=(2, 0))
both = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "in.2:0": np.array([7, 8], np.int64)}
np.savez(os.path.join(OUT, "stored.npz"), **both)
np.savez_compressed(os.path.join(OUT, "packed.npz"), **both)
