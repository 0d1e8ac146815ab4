#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a Llama model of 200 million random Q8_0 weights with the vocabulary of another one, to time generation with.

Usage: make_runnable.py VOCABULARY.gguf FILE.gguf      (needs gguf from PyPI)
"""
import sys

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

WIDTH, LAYERS, FEED_FORWARD, HEADS = 1024, 16, 2816, 16
Q8_0 = GGMLQuantizationType.Q8_0
BLOCK_VALUES, BLOCK_BYTES = 32, 34


def quantized(random, rows, columns):
    """Random Q8_0 blocks: a half-precision scale, then 32 signed bytes."""
    blocks = random.integers(0, 256, (rows, columns // BLOCK_VALUES, BLOCK_BYTES), dtype=numpy.uint8)
    scale = numpy.frombuffer(numpy.float16(1 / (127 * numpy.sqrt(columns))).tobytes(), numpy.uint8)
    blocks[:, :, :2] = scale
    return blocks.reshape(rows, -1)


def main():
    source = GGUFReader(sys.argv[1])
    writer = GGUFWriter(sys.argv[2], "llama")
    writer.add_context_length(1024)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary = 0
    for name, field in source.fields.items():
        if not name.startswith("tokenizer."):
            continue
        value = field.contents()
        if name == "tokenizer.ggml.tokens":
            vocabulary = len(value)
        kind = field.types[0]
        writer.add_key_value(name, value, kind, field.types[-1] if kind == GGUFValueType.ARRAY else None)

    random = numpy.random.default_rng(1)
    weights = {"token_embd": (vocabulary, WIDTH), "output": (vocabulary, WIDTH)}
    norms = ["output_norm"]
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights[f"blk.{layer}.{part}"] = (WIDTH, WIDTH)
        for part in ("ffn_gate", "ffn_up"):
            weights[f"blk.{layer}.{part}"] = (FEED_FORWARD, WIDTH)
        weights[f"blk.{layer}.ffn_down"] = (WIDTH, FEED_FORWARD)
        norms += [f"blk.{layer}.attn_norm", f"blk.{layer}.ffn_norm"]
    for name, (rows, columns) in weights.items():
        writer.add_tensor(f"{name}.weight", quantized(random, rows, columns), raw_dtype=Q8_0)
    for name in norms:
        writer.add_tensor(f"{name}.weight", numpy.ones(WIDTH, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
