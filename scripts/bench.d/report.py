#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns what scripts/bench measured into Markdown on standard output.

Usage: report.py RESULTS.tsv MACHINE.tsv      lines KEY<TAB>VALUE; several values of a key become their median
"""
import statistics
import sys

NOT_PEERS = {"openssl", "cp", "export", "verify", "import", "check", "clones"}
MEMORY_BAR_MIB = 64


def read(path):
    values = {}
    with open(path) as file:
        for line in file:
            key, value = line.rstrip("\n").split("\t", 1)
            values.setdefault(key, []).append(value)
    return values


def median(values):
    return statistics.median(float(value) for value in values)


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def at_most(value, bar):
    return f"at most {bar}", "yes" if value <= bar else "**no**"


def at_least(value, bar):
    return f"at least {bar}", "yes" if value >= bar else "**no**"


def ratio_row(name, own, peer_name, peer, bar):
    ratio = own / peer
    return [name, f"{own:.2f} s", f"{peer_name}: {peer:.2f} s", f"{ratio:.2f}", *at_most(ratio, bar)]


def timed(results, group):
    prefix = group + "."
    return {key[len(prefix):]: median(value) for key, value in results.items() if key.startswith(prefix)}


def processors(results):
    """Where the time goes: what the clock says against what the processors did."""
    rows = []
    for key, values in results.items():
        if key.startswith("cpu."):
            _, group, name = key.split(".", 2)
            if name in NOT_PEERS:
                rows.append([group, name, f"{median(results[key[4:]]):.2f} s", f"{median(values):.2f} s"])
    if rows:
        yield from [
            "## Where the time goes", "",
            "Processor seconds are user and system time of all threads together. A command whose clock shows much more "
            "than its processor seconds divided by the cores waited, for the medium or for a processor that was busy "
            "with something else.", "",
            *table(["row", "command", "by the clock", "processor seconds"], rows),
        ]


def times(results):
    head = ["what", "baigo", "against", "ratio", "bar", "met"]
    disk, files, clone, tmpfs = (timed(results, group) for group in ("disk", "files", "clone", "tmpfs"))
    rows = []
    if disk:
        digest = ("openssl dgst -sha256", disk["openssl"])
        rows.append(ratio_row("export, on disk", disk["export"], *digest, 1.15))
        rows.append(ratio_row("verify", disk["verify"], *digest, 1.05))
        clones = "clones" in disk
        rows.append(ratio_row(
            "import, on disk" + (", ranges cloned" if clones else ""), disk["import"], *digest, 1.05 if clones else 1.15))
    if files:
        rows.append(ratio_row(
            "verify, four files", files["verify"], "openssl dgst -sha256 of the four in a row", files["openssl"], 0.65))
    if clone:
        digest = ("openssl dgst -sha256", clone["openssl"])
        rows.append(ratio_row("import, ranges cloned (XFS in a file)", clone["import"], *digest, 1.05))
    if tmpfs:
        slower = max(("openssl dgst -sha256", tmpfs["openssl"]), ("cp", tmpfs["cp"]), key=lambda pair: pair[1])
        for name in ("export", "import"):
            rows.append(ratio_row(f"{name}, on tmpfs", tmpfs[name], *slower, 1.25))
    if rows:
        yield from ["## Against the floor", "", *table(head, rows)]
    if disk:
        own = max(disk["export"], disk["import"])
        rows = [
            [f"`{name}`", f"{seconds:.2f} s", f"{disk['export'] / seconds:.2f}", f"{disk['import'] / seconds:.2f}",
             "yes" if own < seconds else "**no**"]
            for name, seconds in sorted(disk.items(), key=lambda pair: pair[1]) if name not in NOT_PEERS
        ]
        if not rows:
            return
        yield from [
            "## Against other tools, on disk", "",
            f"`baigo export` {disk['export']:.2f} s, `baigo import` {disk['import']:.2f} s, both with fsync; "
            f"`cp` and `sync` {disk['cp']:.2f} s.", "",
            *table(["tool", "time", "export ÷ tool", "import ÷ tool", "baigo faster"], rows),
        ]


def memory(results):
    rows = []
    for key, values in results.items():
        if key.startswith("memory."):
            _, name, size = key.split(".", 2)
            mib = median(values) / 1024
            rows.append([name, size, f"{mib:.1f} MiB", *at_most(mib, MEMORY_BAR_MIB)])
    if rows:
        yield from ["## Peak memory", "", *table(["command", "file", "resident", "bar in MiB", "met"], rows)]


def starts(results):
    names = {"start.version": ("`baigo --version`", 15), "start.list": ("`baigo list`, 1,000 models", 50)}
    rows = []
    for key, (name, bar) in names.items():
        if key in results:
            milliseconds = median(results[key]) * 1000
            rows.append([name, f"{milliseconds:.1f} ms", *at_most(milliseconds, bar)])
    if rows:
        yield from ["## Start-up", "", *table(["command", "time", "bar in ms", "met"], rows)]


def stores(results):
    names = {"store.list": ("`baigo list`", 100), "store.show": ("`baigo show`", 20),
             "store.gc": ("`baigo gc --dry-run`", 1000)}
    rows = []
    for key, (name, bar) in names.items():
        if key in results:
            milliseconds = median(results[key]) * 1000
            rows.append([name, f"{milliseconds:.1f} ms", *at_most(milliseconds, bar)])
    if rows:
        yield from ["## A store of 10,000 models", "", *table(["command", "time", "bar in ms", "met"], rows)]
    rows = []
    check = timed(results, "check")
    if check:
        ratio = check["check"] / check["openssl"]
        rows.append(["check", f"{check['check']:.2f} s", f"`openssl dgst` of all blobs, one a core: "
                     f"{check['openssl']:.2f} s, ratio {ratio:.2f}", *at_most(ratio, 1.1)])
    if "store.present" in results:
        mebibytes = median(results["store.present"]) / 2048
        rows.append(["written by an import of contents that are there", f"{mebibytes:.2f} MiB", "",
                     *at_most(mebibytes, 1)])
    if rows:
        yield from ["## Large contents in a store", "", *table(["what", "baigo", "against", "bar", "met"], rows)]


def tokens(results):
    rows = []
    for part in ("prompt", "generation"):
        if f"run.baigo.{part}" in results:
            own, peer = (median(results[f"run.{tool}.{part}"]) for tool in ("baigo", "llama-bench"))
            rows.append([f"{part}, tokens a second", f"{own:.1f}", f"llama-bench: {peer:.1f}", f"{own / peer:.2f}",
                         *at_least(own / peer, 0.97)])
    if "run.baigo.first" in results:
        own, peer = (median(results[f"run.{tool}.first"]) * 1000 for tool in ("baigo", "llama-completion"))
        limit = 1.05 * peer + 10
        rows.append(["start to first token", f"{own:.0f} ms", f"llama-completion: {peer:.0f} ms", f"{own / peer:.2f}",
                     f"at most {limit:.0f} ms", "yes" if own <= limit else "**no**"])
    if rows:
        count = int(median(results["run.promptTokens"]))
        yield from [
            "## Generating text", "",
            f"A Llama model of 200 million random Q8_0 weights, all cores, 128 tokens after a prompt of {count}. "
            f"llama-bench generates behind {count} tokens too (`-d`).", "",
            *table(["what", "`baigo run`", "against", "ratio", "bar", "met"], rows),
        ]


def batches(results):
    if "batch.baigo" not in results:
        return
    own, peer = (median(results[f"batch.{tool}"]) for tool in ("baigo", "llama-batched-bench"))
    count = int(median(results["batch.promptTokens"]))
    rows = [["prompt and answer, tokens a second", f"{own:.1f}", f"llama-batched-bench: {peer:.1f}", f"{own / peer:.2f}",
             *at_least(own / peer, 0.95)]]
    yield from [
        "## Eight answers together", "",
        f"The same model, 8 prompts of {count} tokens and 128 tokens after each, choosing tokens and writing text included.", "",
        *table(["what", "`baigo run --batch`", "against", "ratio", "bar", "met"], rows),
    ]


def main():
    results, machine = read(sys.argv[1]), {key: value[0] for key, value in read(sys.argv[2]).items()}
    lines = [
        "# Benchmarks", "",
        "Written by `make bench`; do not edit. Medians, the commands run in turn (what takes more than 15 seconds runs once);"
        " model file in the page cache.", "",
        *table(["", ""], [[key, value] for key, value in machine.items()]),
        *times(results), *processors(results), *memory(results), *starts(results), *stores(results), *tokens(results),
        *batches(results),
    ]
    if "skipped" in results:
        lines += ["## Not measured here", "", *(f"- {reason}" for reason in results["skipped"]), ""]
    print("\n".join(lines).rstrip("\n"))


main()
