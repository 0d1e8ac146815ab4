#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a well-formed GGUF file of a wanted size, to be packed and hashed; it cannot be run.

Usage: make_gguf.py FILE MIB [--sparse | --shard NUMBER COUNT | --seed NUMBER]
With --sparse the tensor data is a hole; another seed makes other data.
"""
import random
import struct
import sys

ALIGNMENT = 32
BLOCK = 64 << 20
UINT16, UINT32, INT32, STRING, F32 = 2, 4, 5, 8, 0


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", STRING) + text(value)
    return text(key) + struct.pack("<II", UINT32, value)


def split(number, count):
    """What a shard says of its place among the others; each has one tensor."""
    values = [("split.no", UINT16, "<IH", number - 1), ("split.count", UINT16, "<IH", count),
              ("split.tensors.count", INT32, "<Ii", count)]
    return [text(key) + struct.pack(form, kind, value) for key, kind, form, value in values]


def header(size, number=1, count=1):
    """The header, padded, of a file whose only tensor fills it up to size bytes."""
    entries = [
        entry("general.architecture", "llama"),
        entry("general.name", "bench"),
        entry("general.license", "CC0-1.0"),
        entry("llama.context_length", 4096),
        entry("llama.block_count", 1),
    ]
    if count > 1:
        entries = (entries if number == 1 else []) + split(number, count)
    tensor = "token_embd.weight" if number == 1 else f"blk.{number - 2}.ffn_up.weight"
    start = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries)) + b"".join(entries) + text(tensor)
    length = (len(start) + 24 + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    start += struct.pack("<IQIQ", 1, (size - length) // 4, F32, 0)
    return start.ljust(length, b"\0")


def main():
    path, size = sys.argv[1], int(sys.argv[2]) << 20
    shard = [int(word) for word in sys.argv[4:]] if sys.argv[3:4] == ["--shard"] else []
    data = header(size, *shard)
    with open(path, "wb") as file:
        file.write(data)
        if sys.argv[3:] == ["--sparse"]:
            file.truncate(size)
            return
        seed = int(sys.argv[4]) if sys.argv[3:4] == ["--seed"] else 1
        block = random.Random(seed).randbytes(min(BLOCK, size))
        left = size - len(data)
        while left > 0:
            left -= file.write(block[:left])


if __name__ == "__main__":
    main()
