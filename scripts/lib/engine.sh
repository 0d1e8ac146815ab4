# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Fetches, builds and installs the pinned llama.cpp. Needs say.sh and the variables of LLAMA_CPP_VERSION.

engine_tools=(llama-server llama-bench llama-batched-bench llama-completion llama-quantize llama-gguf-split)

engine_options=(
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON
    -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_BINDIR=bin
    "-DCMAKE_INSTALL_RPATH=\$ORIGIN;\$ORIGIN/../lib" -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON
    -DGGML_BACKEND_DL=ON -DGGML_NATIVE=OFF -DGGML_CPU_ALL_VARIANTS=ON
    -DLLAMA_ALL_WARNINGS=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_TOOLS_INSTALL=OFF
)

# Puts the checksummed source archive into the cache and prints its path. pip compares the digest before it opens the
# archive.
fetch_archive() {
    local folder="$cache/downloads" work
    local archive="$folder/$LLAMA_CPP_ARCHIVE"
    mkdir -p "$folder"
    if ! has_digest "$LLAMA_CPP_SHA256" "$archive"; then
        say "fetching $LLAMA_CPP_ARCHIVE from PyPI"
        work="$(mktemp -d "$folder/pip.XXXXXX")"
        printf '%s --hash=sha256:%s\n' "$LLAMA_CPP_PYPI" "$LLAMA_CPP_SHA256" > "$work/requirements.txt"
        if ! { "$python" -m venv "$work/venv" \
            && "$work/venv/bin/pip" --disable-pip-version-check download --quiet --no-deps --require-hashes \
                --no-binary "${LLAMA_CPP_PYPI%%==*}" --dest "$work" --requirement "$work/requirements.txt"; } >&2; then
            rm -rf "$work"
            die "could not fetch $LLAMA_CPP_PYPI from PyPI." \
                "Put $LLAMA_CPP_ARCHIVE into $folder, or name a source tree with LLAMA_CPP_SOURCE=DIR."
        fi
        mv -f "$work/$LLAMA_CPP_ARCHIVE" "$archive"
        rm -rf "$work"
        has_digest "$LLAMA_CPP_SHA256" "$archive" || die "$archive does not have the SHA-256 that LLAMA_CPP_VERSION pins."
    fi
    printf '%s\n' "$archive"
}

# has_digest SHA256 FILE
has_digest() {
    [ -f "$2" ] && printf '%s  %s\n' "$1" "$2" | sha256sum --status --strict -c -
}

# unpack_source FOLDER: the llama.cpp tree of the archive, complete or not there at all.
unpack_source() {
    local archive partial="$1.partial"
    if [ -d "$1" ]; then return; fi
    archive="$(fetch_archive)"
    rm -rf "$partial"
    mkdir -p "$partial"
    tar -xzf "$archive" -C "$partial" --strip-components=3 "${LLAMA_CPP_ARCHIVE%.tar.gz}/$LLAMA_CPP_FOLDER"
    mv "$partial" "$1"
}

# build_engine SOURCE WORK STAGE: leaves the finished tree in STAGE$prefix. An interrupted build continues where it was.
build_engine() {
    local source="$1" work="$2" stage="$3" target="$3$prefix" identity=() tool
    if [ -z "${LLAMA_CPP_SOURCE:-}" ]; then identity=(-DGIT_EXE=OFF "-DLLAMA_BUILD_COMMIT=$LLAMA_CPP_COMMIT"); fi
    say "building llama.cpp ${LLAMA_CPP_VERSION} (${accelerator}); 10 to 20 minutes on two cores, once"
    run_logged "$work/cmake.log" cmake -G Ninja -S "$source" -B "$work/cmake" "${engine_options[@]}" \
        "${accelerator_options[@]}" "${identity[@]}" "-DCMAKE_INSTALL_PREFIX=$prefix" \
        "-DCMAKE_C_FLAGS=-ffile-prefix-map=$source=llama.cpp" "-DCMAKE_CXX_FLAGS=-ffile-prefix-map=$source=llama.cpp"
    run_logged "$work/ninja.log" ninja -C "$work/cmake" -j "${JOBS:-$(nproc)}" \
        llama llama-common mtmd ggml "${engine_tools[@]}"
    rm -rf "$stage"
    DESTDIR="$stage" run_logged "$work/install.log" cmake --install "$work/cmake" --strip
    for tool in "${engine_tools[@]}"; do install -s "$work/cmake/bin/$tool" "$target/bin/"; done
    find "$work/cmake/bin" -name 'libllama-*-impl.so*' -exec cp -P {} "$target/lib/" \;
    install_common_headers "$source" "$target"
    install -D -m 0644 -t "$target/share/doc/llama.cpp" "$source/LICENSE" "$source"/licenses/LICENSE-*
}

# The headers that CLlamaChat is compiled against; llama.cpp installs the library without them.
install_common_headers() {
    local include="$2/include/llama-common" version
    mkdir -p "$include"
    (cd "$1/common" && find . \( -name '*.h' -o -name '*.hpp' \) -exec cp --parents -t "$include" {} +)
    cp -r "$1/vendor/nlohmann" "$1/vendor/sheredom" "$include/"
    rm -f "$include"/*/CMakeLists.txt
    version="$(sed -n 's/^Version: //p' "$2/lib/pkgconfig/llama.pc")"
    cat > "$2/lib/pkgconfig/llama-common.pc" <<EOF
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: llama-common
Description: Chat templates and helpers of llama.cpp's own tools
Version: $version
Requires: llama
Libs: -L\${libdir} -lllama-common
Cflags: -I\${includedir}/llama-common
EOF
}

# run_logged LOG COMMAND…: shows the output on a terminal, else keeps it in LOG and shows the end of it on failure.
run_logged() {
    local log="$1"
    shift
    if [ -t 2 ]; then
        "$@" >&2 || die "$1 failed (working folder: ${log%/*})."
    elif ! "$@" > "$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "$1 failed; the whole output is in $log."
    fi
}
