#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints tokens per second, as lines KEY<TAB>VALUE, from what baigo run --json or llama-bench -o csv wrote.

Usage: read_run.py FILE.json | read_run.py --llama-bench FILE.csv
       read_run.py --batch ERRORS.txt | read_run.py --batched-bench FILE.jsonl
"""
import csv
import json
import re
import sys


def read_baigo(path):
    with open(path) as file:
        answer = json.load(file)
    usage, timings = answer["usage"], answer["timings"]
    if usage["completionTokens"] < 100:
        sys.exit(f"only {usage['completionTokens']} tokens were generated: too few to time")
    yield "run.promptTokens", usage["promptTokens"]
    yield "run.baigo.prompt", usage["promptTokens"] * 1000 / timings["promptMilliseconds"]
    # From the first to the last token: one interval less than there are tokens.
    yield "run.baigo.generation", (usage["completionTokens"] - 1) * 1000 / timings["generationMilliseconds"]


def read_llama_bench(path):
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            yield "run.llama-bench." + ("generation" if int(row["n_gen"]) else "prompt"), float(row["avg_ts"])


def read_batch(path):
    """The last line of standard error: requests, tokens read and written, seconds."""
    with open(path) as file:
        line = file.read().splitlines()[-1]
    found = re.search(r"(\d+) tokens read, (\d+) written in ([0-9.]+) s", line)
    if not found:
        sys.exit(f"no figures in: {line}")
    read, written, seconds = int(found[1]), int(found[2]), float(found[3])
    if written < 8 * 128:
        sys.exit(f"only {written} tokens were written")
    yield "batch.promptTokens", read / 8
    yield "batch.baigo", (read + written) / seconds


def read_batched_bench(path):
    with open(path) as file:
        rows = [json.loads(line) for line in file if line.startswith("{")]
    if len(rows) != 1:
        sys.exit(f"llama-batched-bench gave {len(rows)} rows")
    yield "batch.llama-batched-bench", rows[0]["speed"]


def main():
    if sys.argv[1] == "--batch":
        lines = read_batch(sys.argv[2])
    elif sys.argv[1] == "--batched-bench":
        lines = read_batched_bench(sys.argv[2])
    elif sys.argv[1] == "--llama-bench":
        lines = read_llama_bench(sys.argv[2])
    else:
        lines = read_baigo(sys.argv[1])
    for key, value in lines:
        print(f"{key}\t{value}")


main()
