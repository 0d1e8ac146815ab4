# SPDX-License-Identifier: Apache-2.0
"""Packages and model files put together byte by byte, for seeds and worst cases."""
import hashlib
import json
import struct
import zlib


def digest(content):
    return hashlib.sha256(content).hexdigest()


def manifest(files, **more):
    lines = [{"path": p, "role": "weights", "sha256": digest(c), "size": len(c)} for p, c in files.items()]
    members = {"schemaVersion": 1, "kind": "model", "name": "acme/x", "version": "1.0", "files": lines, **more}
    return json.dumps(members, indent=2, sort_keys=True).encode() + b"\n"


def checksums(files):
    return b"".join(f"{digest(files[p])}  {p}\n".encode() for p in sorted(files))


def field(number, *values):
    return struct.pack("<HH", number, 8 * len(values)) + b"".join(struct.pack("<Q", v) for v in values)


def archive(entries, descriptor=None, zip64=False, comment=b"", padding=False):
    """A ZIP file that stores its entries; `descriptor` is None, "narrow" or "wide"."""
    out, directory = bytearray(), bytearray()
    for name, content in entries.items():
        raw, crc, size, start = name.encode(), zlib.crc32(content), len(content), len(out)
        flags = (8 if descriptor else 0) | (0 if raw.isascii() else 2048)
        wide = zip64 or descriptor == "wide"
        shown = 0xFFFFFFFF if zip64 else size
        local = (0, 0xFFFFFFFF if wide else 0) if descriptor else (crc, shown)
        extra = (field(1, 0, 0) if descriptor else field(1, size, size)) if wide else b""
        if padding:
            extra += struct.pack("<HHHH", 0xD935, 4, 4096, 0)
        head = (20, flags, 0, 0, 33)
        out += b"PK\3\4" + struct.pack("<5H3I2H", *head, local[0], local[1], local[1], len(raw), len(extra))
        out += raw + extra + content
        if descriptor:
            form = "<QQ" if descriptor == "wide" else "<II"
            out += b"PK\7\10" + struct.pack("<I", crc) + struct.pack(form, size, size)
        extra = field(1, size, size) if zip64 else b""
        mode = 0o40755 << 16 | 16 if name.endswith("/") else 0o100644 << 16
        directory += b"PK\1\2" + struct.pack("<6H3I5H2I", 0x31E, *head, crc, shown, shown, len(raw), len(extra),
                                             0, 0, 0, mode, start)
        directory += raw + extra
    count, start = len(entries), len(out)
    out += directory
    if zip64 or count > 65534:
        out += b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 0x31E, 45, 0, 0, count, count, len(directory), start)
        out += b"PK\6\7" + struct.pack("<IQI", 0, start + len(directory), 1)
    count = min(count, 65535)
    return bytes(out) + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, count, count, len(directory), start, len(comment)) + comment


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(version, keys, tensors, data):
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for key, kind, value in keys:
        out += text(key) + struct.pack("<I", kind) + value
    for name, shape, kind, offset in tensors:
        out += text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<q", n) for n in shape)
        out += struct.pack("<IQ", kind, offset)
    return out + bytes(-len(out) % 32) + bytes(data)
