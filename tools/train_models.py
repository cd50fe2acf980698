#!/usr/bin/env python3
"""Trains the models of samples/models, quantises them and writes their packages and golden cases.

    python tools/train_models.py [NAME…]        needs espeak-ng, ffmpeg and tools/requirements.txt

Training data are synthetic and made from seeds; they are kept in .build/training.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import jax  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402

from training.fit import fit  # noqa: E402
from training.network import export, load, logits  # noqa: E402
from training.quantise import quantise  # noqa: E402
from training.recipes import RECIPES  # noqa: E402

MODELS = Path(__file__).parents[1] / "samples" / "models"


def session(path):
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def single(inputs, index):
    """One case out of a batch, as a feed."""
    return {name: np.ascontiguousarray(value[index:index + 1], dtype=np.float32) for name, value in inputs.items()}


def train(name):
    """Trains and writes one model."""
    recipe = RECIPES[name]()
    folder = MODELS / name
    (folder / "golden").mkdir(parents=True, exist_ok=True)
    print(name, flush=True)
    start = {}
    for other in recipe.begins_with:
        start |= load(RECIPES[other].net, MODELS / other / "model.onnx")
    parameters = fit(recipe.net, recipe.sample, recipe.steps, start)
    export(recipe.net, parameters, name, folder / "model.onnx")
    inputs, _, _ = recipe.sample(np.random.default_rng(71), 0)
    feeds = [single(inputs, index) for index in range(len(next(iter(inputs.values()))))]
    quantise(folder / "model.onnx", folder / "model-int8.onnx", feeds[:300])
    real, small = session(folder / "model.onnx"), session(folder / "model-int8.onnx")
    trained = np.asarray(jax.nn.sigmoid(logits(recipe.net, parameters, inputs)))
    written = np.concatenate([real.run(None, feed)[0] for feed in feeds])
    rough = np.concatenate([small.run(None, feed)[0] for feed in feeds])
    print(f"  largest difference: ONNX to JAX {np.abs(written - trained).max():.2g}, int8 to float {np.abs(rough - written).max():.3f}, "
          f"mean {np.abs(rough - written).mean():.4f}")
    if np.abs(written - trained).max() > 1e-3:
        sys.exit("the written model does not compute what was trained")
    (folder / "braid.json").write_text(json.dumps(recipe.package, indent=2) + "\n")
    peak = written.max(axis=1)
    cases = [int(peak.argmax()), int(np.abs(peak - 0.5).argmin()), int(peak.argmin())]
    # Pictures are large: two cases of them.
    for number, index in enumerate(cases[:2] if "pictures" in inputs else cases):
        for label, value in feeds[index].items():
            np.save(folder / "golden" / f"input_{label}_{number}.npy", value)
        np.save(folder / "golden" / f"output_{number}.npy", real.run(None, feeds[index])[0])
        np.save(folder / "golden" / f"output_int8_{number}.npy", small.run(None, feeds[index])[0])
    for file in ("model.onnx", "model-int8.onnx"):
        print(f"  {(folder / file).stat().st_size:7d} {file}")


def main():
    print(f"jax {jax.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}, numpy {np.__version__}")
    for name in sys.argv[1:] or RECIPES:
        train(name)


if __name__ == "__main__":
    main()
