#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints tokens per second, as lines KEY<TAB>VALUE, from what baigo run --json or llama-bench -o csv wrote.

Usage: read_run.py FILE.json | read_run.py --llama-bench FILE.csv
"""
import csv
import json
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


def main():
    if sys.argv[1] == "--llama-bench":
        lines = read_llama_bench(sys.argv[2])
    else:
        lines = read_baigo(sys.argv[1])
    for key, value in lines:
        print(f"{key}\t{value}")


main()
