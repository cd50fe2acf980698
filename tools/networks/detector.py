"""A detector of the YOLO family at its smallest width: CSP backbone, SiLU, pyramid both ways, sigmoid head.

The shape is that of Ultralytics' v8 at width 0.25 and depth 0.33, rebuilt from its description: boxes come as distributions
over distances, which a softmax turns into corners, classes through a sigmoid.
"""
import numpy as np

from .builder import Builder

#: The gain that keeps the mean square through SiLU on a normal distribution.
SILU = 2.8
BINS, CLASSES = 16, 80


def conv(b, x, channels, kernel=1, stride=1):
    return b.silu(b.conv(x, channels, kernel, stride, gain=SILU))


def split_block(b, x, channels, depth, shortcut):
    half = channels // 2
    sizes = b.constant(np.array([half, half], np.int64))
    parts = b.node("Split", [conv(b, x, channels), sizes], results=2, axis=1)
    for part in parts:
        b.channels[part] = half
    for _ in range(depth):
        y = conv(b, conv(b, parts[-1], half, 3), half, 3)
        parts.append(b.add(parts[-1], y) if shortcut else y)
    return conv(b, b.concat(parts), channels)


def pooled_pyramid(b, x, channels):
    parts = [conv(b, x, b.channels[x] // 2)]
    for _ in range(3):
        parts.append(b.like(b.node("MaxPool", [parts[-1]], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4), parts[-1]))
    return conv(b, b.concat(parts), channels)


def doubled(b, x):
    scales = b.constant(np.array([1, 1, 2, 2], np.float32))
    return b.like(b.node("Resize", [x, "", scales], mode="nearest", coordinate_transformation_mode="asymmetric",
                         nearest_mode="floor"), x)


def detector(size=640):
    b = Builder(seed=8)
    x = b.input("images", [1, 3, size, size])
    x = conv(b, conv(b, x, 16, 3, 2), 32, 3, 2)
    x = split_block(b, x, 32, 1, True)
    third = split_block(b, conv(b, x, 64, 3, 2), 64, 2, True)
    fourth = split_block(b, conv(b, third, 128, 3, 2), 128, 2, True)
    fifth = split_block(b, conv(b, fourth, 256, 3, 2), 256, 1, True)
    fifth = pooled_pyramid(b, fifth, 256)
    up_fourth = split_block(b, b.concat([doubled(b, fifth), fourth]), 128, 1, False)
    up_third = split_block(b, b.concat([doubled(b, up_fourth), third]), 64, 1, False)
    down_fourth = split_block(b, b.concat([conv(b, up_third, 64, 3, 2), up_fourth]), 128, 1, False)
    down_fifth = split_block(b, b.concat([conv(b, down_fourth, 128, 3, 2), fifth]), 256, 1, False)

    boxes, scores, anchors, strides = [], [], [], []
    for level, stride in ((up_third, 8), (down_fourth, 16), (down_fifth, 32)):
        side = size // stride
        box = b.conv(conv(b, conv(b, level, 64, 3), 64, 3), 4 * BINS, gain=1.0)
        score = b.conv(conv(b, conv(b, level, 80, 3), 80, 3), CLASSES, gain=1.0)
        joined = b.concat([box, score])
        flat = b.node("Reshape", [joined, b.constant(np.array([1, 4 * BINS + CLASSES, side * side], np.int64))])
        boxes.append(flat)
        grid = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5, indexing="xy")).reshape(2, -1)
        anchors.append(grid)
        strides.append(np.full((1, side * side), stride))
    flat = b.node("Concat", boxes, axis=2)
    sizes = b.constant(np.array([4 * BINS, CLASSES], np.int64))
    box, score = b.node("Split", [flat, sizes], results=2, axis=1)
    count = sum(a.shape[1] for a in anchors)
    box = b.node("Reshape", [box, b.constant(np.array([1, 4, BINS, count], np.int64))])
    box = b.node("Softmax", [b.node("Transpose", [box], perm=[0, 2, 1, 3])], axis=1)
    bins = b.constant(np.arange(BINS, dtype=np.float32).reshape(1, BINS, 1, 1), "bins")
    box = b.node("Conv", [box, bins], kernel_shape=[1, 1])
    box = b.node("Reshape", [box, b.constant(np.array([1, 4, count], np.int64))])
    near, far = b.node("Split", [box, b.constant(np.array([2, 2], np.int64))], results=2, axis=1)
    centres = b.constant(np.concatenate(anchors, 1)[None].astype(np.float32), "anchors")
    low, high = b.node("Sub", [centres, near]), b.node("Add", [centres, far])
    middle = b.node("Div", [b.node("Add", [low, high]), b.constant(np.float32(2))])
    box = b.node("Concat", [middle, b.node("Sub", [high, low])], axis=1)
    box = b.node("Mul", [box, b.constant(np.concatenate(strides, 1).astype(np.float32), "strides")])
    b.output(b.node("Concat", [box, b.node("Sigmoid", [score])], axis=1), "output0", [1, 4 + CLASSES, count])
    return b.model("detector")
