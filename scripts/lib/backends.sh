# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Proves every ggml backend of an engine in a child process and leaves out the ones that fail. Needs say.sh.

probe_source="$root/scripts/backend-probe.c"
probe_seconds=120

# What a proof holds for: this probe on this processor and kernel.
proof_key() {
    { cat "$probe_source"; grep -m 2 -E '^(model name|flags|Features)' /proc/cpuinfo || true; uname -sr; } \
        | sha256sum | head -c 16
}

# prove_backends TREE: moves the failing backends to TREE/rejected and prints a JSON array of what became of each.
prove_backends() {
    local tree="$1" probe="$1/bin/baigo-backend-probe" library name words status separator=""
    mkdir -p "$tree/rejected"
    find "$tree/rejected" -name 'libggml-*.so' -exec mv -t "$tree/bin" {} +
    cc -std=gnu11 -O2 -Wall -Wextra -o "$probe" "$probe_source" "-I$tree/include" "-L$tree/lib" \
        "-Wl,-rpath,\$ORIGIN:\$ORIGIN/../lib" -lggml -lggml-base -lm
    printf '['
    for library in "$tree"/bin/libggml-*.so; do
        name="$(basename "$library" .so)"
        name="${name#libggml-}"
        status=0
        words="$(run_probe "$probe" "$library")" || status=$?
        case $status in
            0) printf '%s\n' "    $name: works ($words)" >&2 ;;
            3) printf '%s\n' "    $name: not for this machine" >&2 ;;
            *)
                words="$(failure_words "$status" "$words")"
                printf '%s\n' "    $name: REJECTED, $words" >&2
                mv "$library" "$tree/rejected/"
                ;;
        esac
        words="${words//"$tree/bin/"/}"
        printf '%s\n    { "name": "%s", "reason": "%s", "verdict": "%s" }' \
            "$separator" "$name" "$(json_text "$words")" "$(verdict_word "$status")"
        separator=,
    done
    printf '\n  ]'
}

# run_probe PROBE LIBRARY: the last line that the probe printed, and its exit status. Drivers write no caches.
run_probe() {
    (ulimit -c 0; export MESA_SHADER_CACHE_DISABLE=true CUDA_CACHE_DISABLE=1 __GL_SHADER_DISK_CACHE=0 AMD_COMGR_CACHE=0
        timeout --kill-after 5 "$probe_seconds" "$1" "$2" | tail -n 1) 2> /dev/null
}

verdict_word() {
    case $1 in
        0) echo works ;;
        3) echo not-for-this-machine ;;
        *) echo rejected ;;
    esac
}

failure_words() {
    case $1 in
        124 | 137) echo "killed, or no answer within $probe_seconds seconds" ;;
        1 | 2) echo "$2" ;;
        *) if [ "$1" -gt 128 ]; then echo "died with SIG$(kill -l "$1")"; else echo "exit status $1"; fi ;;
    esac
}

json_text() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g'; }
