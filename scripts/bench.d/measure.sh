# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# How things are measured: each function appends lines "KEY<TAB>VALUE" to $results.

record() { printf '%s\t%s\n' "$1" "$2" >> "$results"; }

# Commands that will be timed in turn: add NAME PREPARATION COMMAND, then in_turn GROUP.
names=() preparations=() commands=()

add() {
    names+=("$1")
    preparations+=("$2")
    commands+=("$3")
}

# Runs every added command once, then all of them again, so that a slow minute of the machine is shared. What took longer
# than 15 seconds runs once only: the others would wait most of the time. Seconds, by the clock and, under "cpu.", of all
# processors together.
in_turn() {
    local round i
    local -A slow=()
    for ((round = 1; round <= runs; round++)); do
        for i in "${!names[@]}"; do
            if [ -n "${slow[$i]:-}" ]; then continue; fi
            printf '%s\n' 'set -euo pipefail' "${commands[i]}" > "$short/command"
            bash -c "${preparations[i]}"
            hyperfine --shell none --runs 1 --style none --export-csv "$short/time.csv" "bash $short/command" \
                > /dev/null 2> "$short/errors" || die "${names[i]} failed: $(tail -n 5 "$short/errors")"
            record "$1.${names[i]}" "$(awk -F , 'NR == 2 { print $4 }' "$short/time.csv")"
            record "cpu.$1.${names[i]}" "$(awk -F , 'NR == 2 { print $5 + $6 }' "$short/time.csv")"
            slow[$i]="$(awk -F , 'NR == 2 && $4 > 15 { print "slow" }' "$short/time.csv")"
        done
        say "  $1: round $round of $runs done"
    done
    names=() preparations=() commands=()
}

# peak KEY COMMAND…: the largest resident size, in KiB, of the command itself or any child that it waited for.
peak() {
    local key="$1"
    shift
    /usr/bin/time -f %M -o "$short/peak" "$@" > /dev/null 2> "$short/errors" \
        || die "$* failed: $(tail -n 5 "$short/errors")"
    record "$key" "$(tail -n 1 "$short/peak")"
}

# peak_through KEY READER COMMAND…: the same of a command whose output a reader takes.
peak_through() {
    local key="$1" reader="$2"
    shift 2
    # shellcheck disable=SC2086
    /usr/bin/time -f %M -o "$short/peak" "$@" 2> "$short/errors" | $reader \
        || die "$* failed: $(tail -n 5 "$short/errors")"
    record "$key" "$(tail -n 1 "$short/peak")"
}

# start_up KEY COMMAND: the time of a short command. Seconds.
start_up() {
    hyperfine --shell none --warmup 5 --runs 50 --style none --export-csv "$short/time.csv" "$2" \
        > /dev/null 2> "$short/errors" || die "$2 failed: $(tail -n 5 "$short/errors")"
    record "$1" "$(awk -F , 'NR == 2 { print $4 }' "$short/time.csv")"
}

# room FOLDER MIB: whether that much is free there.
room() { [ "$(df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9)" -ge "$2" ]; }

# Lines "WORD<TAB>TEXT" about this machine and the versions of everything that was run.
describe_machine() {
    printf 'date\t%s\n' "$(date -u +%Y-%m-%d)"
    printf 'processor\t%s, %s cores\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
    printf 'memory\t%s GiB\n' "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)"
    printf 'system\t%s, Linux %s\n' "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(uname -r)"
    printf 'disk\t%s\n' "$(df --output=fstype "$disk" | tail -n 1)"
    printf 'build\trelease, %s\n' "$(swift --version 2> /dev/null | head -n 1)"
    printf 'baigo\t%s\n' "$(baigo --version | head -n 1)"
    printf 'llama.cpp\t%s\n' "$(sed -n 's/^  "version": "\(.*\)"/\1/p' "$engine/engine.json")"
    printf 'openssl\t%s\n' "$(openssl version | cut -d ' ' -f 2)"
    printf 'coreutils\t%s\n' "$(cp --version | sed -n '1s/.* //p')"
    printf 'zip\t%s\n' "$(zip -v | sed -n 's/^This is Zip \([0-9.]*\).*/\1/p')"
    printf '7z\t%s\n' "$(7z | grep -o -m 1 '[0-9]*\.[0-9]*' | head -n 1)"
    printf 'bsdtar\t%s\n' "$(bsdtar --version | cut -d ' ' -f 2)"
    printf 'python3\t%s\n' "$(/usr/bin/python3 -V | cut -d ' ' -f 2)"
    printf 'gpg\t%s\n' "$(gpg --version | sed -n '1s/.* //p')"
    printf 'model_signing\t%s\n' "$("$short/venv/bin/model_signing" --version | sed 's/.* //')"
    printf 'xfsprogs\t%s\n' "$(/sbin/mkfs.xfs -V | sed 's/.* //')"
    printf 'load at start\t%s (processes that ran or waited to run, over one minute)\n' "$load"
    printf 'size\t%s MiB\n' "$size_mib"
    printf 'runs\t%s\n' "$runs"
    printf 'rows\t%s\n' "${rows[*]}"
}
