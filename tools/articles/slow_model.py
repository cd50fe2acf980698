"""A model that is slow on purpose: convolutions over a large picture, written as ONNX by hand, without any package."""

import struct


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def integers(name: str, values: list[int]) -> bytes:
    """An attribute that is a list of integers."""
    return block(5, block(1, name) + b"".join(number(8, v) for v in values) + number(20, 7))


def node(kind: str, inputs: list[str], outputs: list[str], attributes: bytes = b"") -> bytes:
    body = b"".join(block(1, name) for name in inputs) + b"".join(block(2, name) for name in outputs)
    return block(1, body + block(4, kind) + attributes)


def value(field: int, name: str, shape: list[int]) -> bytes:
    dims = b"".join(block(1, number(1, size)) for size in shape)
    return block(field, block(1, name) + block(2, block(1, number(1, 1) + block(2, dims))))


def weights(name: str, shape: list[int]) -> bytes:
    count = 1
    for size in shape:
        count *= size
    data = struct.pack(f"<{count}f", *(((i * 7919) % 201 - 100) / 1000 / shape[1] for i in range(count)))
    return block(5, b"".join(number(1, size) for size in shape) + number(2, 1) + block(8, name) + block(9, data))


def slow_model(layers: int, width: int = 320, height: int = 240, channels: int = 16) -> bytes:
    """`layers` convolutions of 3x3 on `channels` channels at this size; the output is one number for each channel."""
    pads = integers("pads", [1, 1, 1, 1]) + integers("kernel_shape", [3, 3])
    nodes = node("Conv", ["picture", "first"], ["x0"], pads)
    for layer in range(layers):
        nodes += node("Conv", [f"x{layer}", "weights"], [f"c{layer}"], pads)
        nodes += node("Relu", [f"c{layer}"], [f"x{layer + 1}"])
    nodes += node("GlobalAveragePool", [f"x{layers}"], ["scores"])
    graph = nodes + block(2, "slow") + weights("first", [channels, 3, 3, 3]) + weights("weights", [channels, channels, 3, 3])
    graph += value(11, "picture", [1, 3, height, width]) + value(12, "scores", [1, channels, 1, 1])
    return number(1, 8) + block(2, "braid docs") + block(7, graph) + block(8, number(2, 17))
