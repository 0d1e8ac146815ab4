#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the seconds from the start of a command to the first byte of its standard output that is no blank.

Usage: first_byte.py INPUT COMMAND…      INPUT is the command's standard input
"""
import os
import subprocess
import sys
import time


def main():
    with open(sys.argv[1], "rb") as file:
        start = time.perf_counter()
        process = subprocess.Popen(sys.argv[2:], stdin=file, stdout=subprocess.PIPE)
        written = b""
        while not written.strip():
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                sys.exit("the command wrote nothing")
            written += more
        seconds = time.perf_counter() - start
        process.stdout.read()
    if process.wait() != 0:
        sys.exit(f"the command ended with status {process.returncode}")
    print(f"{seconds:.6f}")


main()
