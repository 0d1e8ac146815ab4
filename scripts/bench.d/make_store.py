#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a store of many small models in the documented layout (docs/store.md), for timing; without its index.

Usage: make_store.py HOME COUNT      then: baigo check --rebuild
"""
import hashlib
import json
import os
import sys

from make_gguf import header

HEX = "0123456789abcdef"
TIME = "2026-01-01T00:00:00Z"
BY = "bench@bench"
PROGRAM = "baigo 0.1.0"
WEIGHTS_BYTES = 1024


def digest(data):
    return hashlib.sha256(data).hexdigest()


def pretty(value):
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def write(path, data, mode=0o600):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


class AuditLog:
    """The lines of audit.jsonl, each with the digest of the one before."""

    def __init__(self):
        self.lines = []
        self.head = digest(b"")

    def add(self, kind, model, identity, **members):
        line = {"by": BY, "identity": identity, "kind": kind, "model": model, "operation": "import",
                "previous": self.head, "program": PROGRAM, "sequence": len(self.lines) + 1, "time": TIME, **members}
        data = json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        self.lines.append(data)
        self.head = digest(data)
        return {"sequence": len(self.lines), "sha256": self.head}


class Store:
    def __init__(self, home):
        self.home = home
        self.audit = AuditLog()
        os.mkdir(home, 0o700)
        for name in ("audit", "staging", "blobs", "blobs/sha256", "models", "models/bench"):
            os.mkdir(os.path.join(home, name), 0o700)
        for first in HEX:
            for second in HEX:
                os.mkdir(os.path.join(home, "blobs/sha256", first + second), 0o700)
        write(os.path.join(home, "store.json"), pretty({"schemaVersion": 1, "storeID": "0" * 32}))

    def put(self, data, package, path):
        """Writes a blob where it is new, and links it into a package."""
        name = digest(data)
        blob = os.path.join(self.home, "blobs/sha256", name[:2], name)
        if not os.path.exists(blob):
            write(blob, data, 0o444)
        os.link(blob, os.path.join(package, path))
        return {"path": path, "sha256": name, "size": len(data)}

    def add(self, number):
        name, version = f"bench/model-{number:05}", "1.0"
        data = header(WEIGHTS_BYTES).ljust(WEIGHTS_BYTES - 8, b"\0") + number.to_bytes(8, "little")
        weights = {"path": "model/bench.gguf", "role": "weights", "sha256": digest(data), "size": len(data)}
        manifest = pretty({
            "architecture": "llama", "contextLength": 4096, "createdAt": TIME, "createdBy": PROGRAM,
            "displayName": f"Bench {number}", "files": [weights], "format": "gguf", "kind": "model",
            "license": {"id": "CC0-1.0"}, "name": name, "parameters": 1000, "quantization": "F32",
            "schemaVersion": 1, "totalSize": len(data), "version": version})
        checksums = f"{digest(manifest)}  manifest.json\n{weights['sha256']}  model/bench.gguf\n".encode()
        identity = digest(checksums)
        folder = f"{version}~{identity[:12]}"
        model = os.path.join(self.home, "models", name)
        package = os.path.join(model, folder, "package")
        os.makedirs(os.path.join(package, "model"), 0o700)
        files = [
            {**self.put(checksums, package, "checksums.txt"), "role": "checksums"},
            {**self.put(manifest, package, "manifest.json"), "role": "manifest"},
            {**self.put(data, package, "model/bench.gguf"), "role": "weights"},
        ]
        shown = f"sha256:{identity}"
        head = self.audit.add("intent", f"{name}:{version}", shown)
        self.audit.add("outcome", f"{name}:{version}", shown, intent=head["sequence"], result="done")
        content = {key: value for key, value in json.loads(manifest).items() if key not in ("createdAt", "createdBy")}
        write(os.path.join(model, folder, "receipt.json"), pretty({
            "audit": head, "by": BY, "content": f"sha256:{digest(pretty(content))}", "createdBy": PROGRAM,
            "files": files, "from": "/bench", "identity": shown, "importedAt": TIME, "name": name,
            "ownChecksums": True, "policy": {"rules": [], "verdict": "pass"}, "schemaVersion": 1,
            "signature": {"signers": [], "status": "none"}, "trusted": False, "version": version, "warnings": []}))
        write(os.path.join(model, "active"), (folder + "\n").encode())
        entry = {"action": "activate", "at": TIME, "audit": head["sequence"], "by": BY, "identity": shown,
                 "version": version}
        write(os.path.join(model, "history.jsonl"), json.dumps(entry, sort_keys=True).encode() + b"\n")

    def close(self):
        write(os.path.join(self.home, "audit/audit.jsonl"), b"".join(self.audit.lines))


def main():
    store = Store(sys.argv[1])
    for number in range(int(sys.argv[2])):
        store.add(number)
    store.close()


main()
