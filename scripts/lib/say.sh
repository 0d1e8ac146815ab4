# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Messages of the set-up scripts, all on standard error.

say() { printf '%s\n' "==> $*" >&2; }
warn() { printf '%s\n' "warning: $*" >&2; }

# die MESSAGE [HINT]: ends the script with status 1.
die() {
    printf '%s\n' "error: $1" >&2
    if [ -n "${2:-}" ]; then printf '%s\n' "hint: $2" >&2; fi
    exit 1
}
