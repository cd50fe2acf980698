"""ResNet-50 (He et al. 2015, stride in the 3x3 as torchvision has it) and MobileNetV2 (Sandler et al. 2018)."""
import numpy as np

from .builder import Builder


def head(b, x, classes=1000):
    pooled = b.node("Flatten", [b.node("GlobalAveragePool", [x])], axis=1)
    taken = b.channels[x]
    weights = b.random.normal(0, np.sqrt(1 / taken), (classes, taken)).astype(np.float32)
    shift = b.random.normal(0, 0.02, classes).astype(np.float32)
    logits = b.node("Gemm", [pooled, b.constant(weights, "weight"), b.constant(shift, "bias")], transB=1)
    b.output(logits, "logits", [1, classes])


def resnet50(size=224):
    b = Builder(seed=50)
    x = b.input("image", [1, 3, size, size])
    x = b.relu(b.conv(x, 64, 7, 2))
    x = b.like(b.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), x)
    for width, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(depth):
            step = stride if i == 0 else 1
            y = b.relu(b.conv(x, width))
            y = b.relu(b.conv(y, width, 3, step))
            y = b.conv(y, width * 4, gain=0.5)
            if i == 0:
                x = b.conv(x, width * 4, stride=step, gain=1.0)
            x = b.relu(b.add(y, x))
    head(b, x)
    return b.model("resnet50")


def mobilenet_v2(size=224):
    b = Builder(seed=2)
    x = b.input("image", [1, 3, size, size])
    x = b.relu6(b.conv(x, 32, 3, 2))
    for expansion, width, depth, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(depth):
            step, taken, y = (stride if i == 0 else 1), b.channels[x], x
            if expansion > 1:
                y = b.relu6(b.conv(y, taken * expansion))
            y = b.relu6(b.conv(y, b.channels[y], 3, step, groups=b.channels[y]))
            y = b.conv(y, width, gain=1.0 if i == 0 else 0.5)
            x = b.add(x, y) if step == 1 and taken == width else y
    x = b.relu6(b.conv(x, 1280))
    head(b, x)
    return b.model("mobilenetv2")
