# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Uses a llama.cpp that the system already has. Needs say.sh, engine.sh and backends.sh.

# Succeeds, with system_libraries set, when pkg-config knows the pinned release, complete: common library and headers,
# tools, and backends that are loaded at run time, so that one that fails can be left out.
find_system_engine() {
    local version name
    if [ -n "${LLAMA_CPP_SOURCE:-}" ] || [ "$accelerator" != cpu ]; then return 1; fi
    version="$(pkg-config --modversion llama 2> /dev/null)" || return 1
    system_libraries="$(pkg-config --variable=libdir llama)"
    case "$system_libraries" in "$cache"/*) return 1 ;; esac
    if [ "${version%%-*}" != "$LLAMA_CPP_VERSION" ]; then
        say "the system's llama.cpp is $version, not $LLAMA_CPP_VERSION; a build of our own is used"
        return 1
    fi
    for name in libllama libllama-common libggml libggml-base; do
        if [ ! -e "$system_libraries/$name.so" ]; then return 1; fi
    done
    if ! pkg-config --exists llama-common || [ -z "$(system_backends)" ]; then return 1; fi
    for name in "${engine_tools[@]}"; do
        if ! command -v "$name" > /dev/null; then return 1; fi
    done
}

# The folders that cmake, and Debian, install backends into; not all of them need to be there.
system_backends() {
    { find "$system_libraries" "$system_libraries/ggml" "$(pkg-config --variable=prefix llama)/bin" -maxdepth 2 \
        -name 'libggml-cpu-*.so' 2> /dev/null || true; } | LC_ALL=C sort -u
}

system_engine_name() {
    printf 'llama.cpp-%s-system-%s\n' "$LLAMA_CPP_VERSION" \
        "$({ echo "$system_libraries"; stat -L -c '%n %s %Y' "$system_libraries"/libllama*.so; system_backends; } \
            | sha256sum | head -c 8)"
}

# link_system_engine TREE: a tree of links in the layout of a build of our own.
link_system_engine() {
    local name
    mkdir -p "$1/bin" "$1/lib/pkgconfig"
    ln -s "$(pkg-config --variable=includedir llama)" "$1/include"
    find "$system_libraries" -maxdepth 1 \( -name 'libllama*.so*' -o -name 'libggml.so*' -o -name 'libggml-base.so*' \
        -o -name 'libmtmd.so*' \) -exec ln -s -t "$1/lib" {} +
    for name in llama llama-common; do
        ln -s "$(pkg-config --variable=pcfiledir "$name")/$name.pc" "$1/lib/pkgconfig/"
    done
    for name in "${engine_tools[@]}"; do ln -s "$(command -v "$name")" "$1/bin/"; done
    system_backends | while IFS= read -r name; do ln -sf "$name" "$1/bin/"; done
}
