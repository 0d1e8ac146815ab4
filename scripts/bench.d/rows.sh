# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What is measured: one function for each word of ROWS. Needs measure.sh.

# Keys for the peers that sign, and the Python tools in an environment of their own.
prepare_peers() {
    say "preparing the tools to compare with"
    mkdir -m 0700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-generate-key 'Bench <bench@example.org>' ed25519 sign never
    openssl ecparam -name prime256v1 -genkey -noout -out "$short/key.pem"
    openssl ec -in "$short/key.pem" -pubout -out "$short/public.pem" 2> /dev/null
    /usr/bin/python3 -m venv "$short/venv"
    "$short/venv/bin/pip" --disable-pip-version-check install --quiet model-signing pyopenssl gguf \
        || die "could not install model-signing and gguf from PyPI."
}

# make_model FOLDER: model.gguf of random data and its package, both in the page cache.
make_model() {
    if [ ! -f "$1/model.gguf" ]; then
        /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" "$1/model.gguf" "$size_mib"
        baigo export "$1/model.gguf" -o "$1/model.baimodel" --name bench --progress none > /dev/null
        sync "$1/model.gguf" "$1/model.baimodel"
    fi
}

warm() { printf 'cat %q %q > /dev/null; ' "$1/model.gguf" "$1/model.baimodel"; }

# add_own FOLDER: export, verify and import as they are timed everywhere.
add_own() {
    local before
    before="rm -rf $1/out* $1/store; sync -f $1; $(warm "$1")"
    add export "$before" "baigo export $1/model.gguf -o $1/out.baimodel --name bench --progress none > $short/output"
    add verify "$before" "baigo verify $1/model.baimodel --progress none > $short/output"
    add import "$before" "BAIGO_HOME=$1/store baigo import $1/model.baimodel --yes --progress none > $short/output"
}

measure_disk() {
    local d="$disk" before
    room "$d" $((size_mib * 4)) || die "$d has no room for four files of $size_mib MiB." "Set BENCH_DIR or SIZE_MIB."
    make_model "$d"
    before="rm -rf $d/out* $d/store; sync -f $d; $(warm "$d")"
    add openssl "$before" "openssl dgst -sha256 $d/model.gguf"
    add_own "$d"
    add cp "$before" "cp $d/model.gguf $d/out.gguf && sync $d/out.gguf"
    add 'zip -0' "$before" "zip -0 -q $d/out.zip $d/model.gguf"
    add '7z a -mx0 -tzip' "$before" "7z a -mx0 -tzip -bd $d/out.zip $d/model.gguf"
    add 'bsdtar zip, store' "$before" "bsdtar -cf $d/out.zip --format zip --options zip:compression=store -C $d model.gguf"
    add 'python3 -m zipfile' "$before" "/usr/bin/python3 -m zipfile -c $d/out.zip $d/model.gguf"
    add 'sha256sum + gpg + tar czf' "$before" "cd $d
sha256sum model.gguf > out.txt
gpg --batch --yes --armor --detach-sign --output out.txt.asc out.txt
tar czf out.tar.gz model.gguf out.txt out.txt.asc"
    add 'model_signing sign' "$before" "$short/venv/bin/model_signing sign key --private_key $short/key.pem \
--signature $d/out.sig $d/model.gguf"
    "$short/venv/bin/model_signing" sign key --private_key "$short/key.pem" --signature "$d/model.sig" "$d/model.gguf"
    add 'model_signing verify' "$before" "$short/venv/bin/model_signing verify key --public_key $short/public.pem \
--signature $d/model.sig $d/model.gguf"
    in_turn disk
    rm -rf "${d:?}"/out* "$d/store"
    if cp --reflink=always "$d/model.gguf" "$d/clone" 2> /dev/null; then record disk.clones 1; fi
    rm -f "$d/clone"
}

# Verifying a package of four files, a quarter of the size each.
measure_files() {
    local d="$disk/files" before number
    mkdir -p "$d/model"
    for number in 1 2 3 4; do
        /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" \
            "$d/model/bench-0000$number-of-00004.gguf" $((size_mib / 4)) --shard "$number" 4
    done
    baigo export "$d/model" -o "$d/model.baimodel" --name bench --progress none > /dev/null
    sync -f "$d"
    before="cat $d/model/* $d/model.baimodel > /dev/null"
    add openssl "$before" "openssl dgst -sha256 $d/model/*"
    add verify "$before" "baigo verify $d/model.baimodel --progress none > $short/output"
    in_turn files
    rm -rf "$d"
}

# Import from and to XFS, which shares blocks between files, in a file on the disk.
measure_clone() {
    local image="$disk/xfs.image" x="$disk/xfs" before
    if [ "$(id -u)" != 0 ]; then
        record skipped "import with cloned ranges: only root can mount a file system for it"
        return
    fi
    room "$disk" $((size_mib * 3)) || die "$disk has no room for three files of $size_mib MiB." "Set BENCH_DIR or SIZE_MIB."
    mkdir "$x"
    truncate -s "$((size_mib * 4 + 1024))M" "$image"
    /sbin/mkfs.xfs -q -m reflink=1 "$image"
    if ! mount -o loop "$image" "$x"; then
        record skipped "import with cloned ranges: XFS could not be mounted here"
        rm -rf "$x" "$image"
        return
    fi
    make_model "$x"
    before="rm -rf $x/store; sync -f $x; $(warm "$x")"
    add openssl "$before" "openssl dgst -sha256 $x/model.gguf"
    add import "$before" "BAIGO_HOME=$x/store baigo import $x/model.baimodel --yes --progress none > $short/output"
    in_turn clone
    umount "$x"
    rm -rf "$x" "$image"
}

measure_tmpfs() {
    local m="$memory" before
    if ! room "$m" $((size_mib * 4)); then
        record skipped "tmpfs: /dev/shm has no room for four files of $size_mib MiB"
        return
    fi
    make_model "$m"
    before="rm -rf $m/out* $m/store"
    add openssl "$before" "openssl dgst -sha256 $m/model.gguf"
    add cp "$before" "cp $m/model.gguf $m/out.gguf"
    add_own "$m"
    in_turn tmpfs
    rm -rf "${m:?}"/*
}

# Peak memory, for the file of the other rows and for a sparse one.
measure_memory() {
    local d="$disk" gib="$sparse_gib"
    make_model "$d"
    peaks "$d" "$size_mib MiB" "$d/model.gguf"
    if room "$d" $((gib * 1024 + 8192)); then
        /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" "$d/sparse.gguf" $((gib * 1024)) --sparse
        peaks "$d" "$gib GiB, sparse" "$d/sparse.gguf"
        rm -f "$d/sparse.gguf"
    else
        sparse_peaks "$gib"
    fi
}

# Where the disk cannot hold the large package: export goes through a pipe, a program leaves the zeros out of what it
# writes, and import clones the holes. XFS on a loop device, whose file has only the blocks that are written.
sparse_peaks() {
    local gib="$1" image="$disk/sparse.image" x="$disk/xfs" size="$1 GiB, sparse, XFS"
    if [ "$(id -u)" != 0 ] || ! room "$disk" 8192; then
        record skipped "peak memory at $gib GiB: $disk has no room for the package"
        return
    fi
    mkdir "$x"
    truncate -s "$((gib * 2 + 8))G" "$image"
    /sbin/mkfs.xfs -q -m reflink=1 "$image"
    if ! mount -o loop "$image" "$x"; then
        record skipped "peak memory at $gib GiB: no room for the package, and XFS could not be mounted here"
        rm -rf "$x" "$image"
        return
    fi
    /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" "$x/sparse.gguf" $((gib * 1024)) --sparse
    peak_through "memory.export.$size, to a pipe" "dd conv=sparse iflag=fullblock bs=1M status=none of=$x/out.baimodel" \
        baigo export "$x/sparse.gguf" -o - --name bench --progress none
    peak "memory.verify.$size" baigo verify "$x/out.baimodel" --progress none
    peak "memory.import.$size" env "BAIGO_HOME=$x/store" baigo import "$x/out.baimodel" --yes --progress none
    umount "$x"
    rm -rf "$x" "$image"
}

# The package is made sparse before it is imported, so that the disk holds the data only once.
peaks() {
    local d="$1"
    peak "memory.export.$2" baigo export "$3" -o "$d/out.baimodel" --name bench --progress none
    fallocate --dig-holes "$d/out.baimodel" || true
    peak "memory.verify.$2" baigo verify "$d/out.baimodel" --progress none
    peak "memory.import.$2" env "BAIGO_HOME=$d/store" baigo import "$d/out.baimodel" --yes --progress none
    rm -rf "${d:?}/store" "$d/out.baimodel"
}

measure_start() {
    local i BAIGO_HOME="$disk/store"
    start_up start.version "baigo --version"
    /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" "$disk/small.gguf" 1
    export BAIGO_HOME
    for ((i = 1; i <= 1000; i++)); do
        baigo export "$disk/small.gguf" -o "$disk/small.baimodel" --name "model-$i" --force --progress none > /dev/null
        baigo import "$disk/small.baimodel" --yes --progress none > /dev/null
    done
    start_up start.list "baigo list"
    rm -rf "$BAIGO_HOME"
}

# A store of ten thousand small models; a check of large contents; an import whose contents are there already.
measure_store() {
    local d="$disk" number BAIGO_HOME="$disk/store"
    export BAIGO_HOME
    /usr/bin/python3 "$root/scripts/bench.d/make_store.py" "$BAIGO_HOME" 10000
    baigo check --rebuild --progress none > /dev/null
    start_up store.list "baigo list"
    start_up store.show "baigo show bench/model-05000"
    start_up store.gc "baigo gc --dry-run"
    rm -rf "$BAIGO_HOME"
    mkdir -p "$d/parts"
    for number in 1 2 3 4; do
        /usr/bin/python3 "$root/scripts/bench.d/make_gguf.py" "$d/part.gguf" $((size_mib / 4)) --seed "$number"
        baigo export "$d/part.gguf" -o "$d/part.baimodel" --name "part-$number" --force --progress none > /dev/null
        baigo import "$d/part.baimodel" --yes --progress none > /dev/null
    done
    baigo export "$d/part.gguf" -o "$d/part.baimodel" --name again --force --progress none > /dev/null
    /usr/bin/time -f %O -o "$short/blocks" baigo import "$d/part.baimodel" --yes --progress none > /dev/null
    record store.present "$(tail -n 1 "$short/blocks")"
    find "$BAIGO_HOME/blobs" -type f -size +1M > "$short/blobs"
    add openssl "xargs cat < $short/blobs > /dev/null" "xargs -P $(nproc) -n 1 openssl dgst -sha256 < $short/blobs"
    add check "xargs cat < $short/blobs > /dev/null" "baigo check --progress none > $short/output"
    in_turn check
    rm -rf "$BAIGO_HOME" "$d"/part*
}

# Tokens a second of one model on all cores, and the time from the start of a command to the first byte of its answer.
# What llama-bench processes is as long as the prompt that baigo counted, and it generates behind as many tokens. A round
# takes seconds, in which a shared machine swings: there are twice as many.
measure_run() {
    local model="$disk/run.gguf" round rounds=$((2 * runs)) threads prompt python="$short/venv/bin/python"
    threads="$(nproc)"
    "$python" "$root/scripts/bench.d/make_runnable.py" "$root/Fixtures/models/tiny-chat.gguf" "$model"
    printf 'What is in a package and how do I check it? %.0s' {1..24} > "$short/prompt"
    for ((round = 1; round <= rounds; round++)); do
        baigo run "$model" --raw --max-tokens 128 --temperature 0 --threads "$threads" --json \
            < "$short/prompt" > "$short/run.json" 2> "$short/errors" || die "baigo run failed: $(tail -n 5 "$short/errors")"
        "$python" "$root/scripts/bench.d/read_run.py" "$short/run.json" > "$short/run.tsv"
        cat "$short/run.tsv" >> "$results"
        prompt="$(sed -n 's/^run.promptTokens\t//p' "$short/run.tsv")"
        llama_bench -m "$model" -t "$threads" -p "$prompt" -n 0
        llama_bench -m "$model" -t "$threads" -p 0 -n 128 -d "$prompt"
        first_byte run.baigo.first baigo run "$model" --raw --max-tokens 2 --temperature 0 --threads "$threads"
        first_byte run.llama-completion.first "$engine/bin/llama-completion" -m "$model" -t "$threads" -n 2 --temp 0 \
            -no-cnv --no-display-prompt --simple-io -f "$short/prompt"
        say "  run: round $round of $rounds done"
    done
}

# Eight answers that are computed together, against llama-batched-bench with prompts and answers of the same length.
measure_batch() {
    local model="$disk/run.gguf" round threads prompt python="$short/venv/bin/python"
    threads="$(nproc)"
    if [ ! -f "$model" ]; then
        "$python" "$root/scripts/bench.d/make_runnable.py" "$root/Fixtures/models/tiny-chat.gguf" "$model"
    fi
    printf '{"prompt": "%s"}\n' "$(printf 'How do I check a package? %.0s' {1..12})" > "$short/request"
    for ((round = 1; round <= 8; round++)); do cat "$short/request"; done > "$short/batch.jsonl"
    prompt="$(printf 'How do I check a package? %.0s' {1..12} | baigo tokenize "$model" --count)"
    for ((round = 1; round <= runs; round++)); do
        baigo run "$model" --raw --batch "$short/batch.jsonl" --parallel 8 --max-tokens 128 --ignore-end \
            --temperature 0 --threads "$threads" --context "$((prompt + 129))" > "$short/batch.out" 2> "$short/errors" \
            || die "baigo run --batch failed: $(tail -n 5 "$short/errors")"
        "$python" "$root/scripts/bench.d/read_run.py" --batch "$short/errors" >> "$results"
        "$engine/bin/llama-batched-bench" -m "$model" -t "$threads" -npp "$prompt" -ntg 128 -npl 8 -c 8192 \
            --output-format jsonl > "$short/bench.jsonl" 2>&1 \
            || die "llama-batched-bench failed: $(tail -n 5 "$short/bench.jsonl")"
        "$python" "$root/scripts/bench.d/read_run.py" --batched-bench "$short/bench.jsonl" >> "$results"
        say "  batch: round $round of $runs done"
    done
}

# llama_bench OPTION…: one test of llama-bench, after its warm-up.
llama_bench() {
    "$engine/bin/llama-bench" "$@" -r 1 -o csv > "$short/bench.csv" 2> "$short/errors" \
        || die "llama-bench failed: $(tail -n 5 "$short/errors")"
    "$short/venv/bin/python" "$root/scripts/bench.d/read_run.py" --llama-bench "$short/bench.csv" >> "$results"
}

# first_byte KEY COMMAND…: seconds until the command, with the prompt as standard input, writes something.
first_byte() {
    local key="$1" seconds
    shift
    seconds="$(/usr/bin/python3 "$root/scripts/bench.d/first_byte.py" "$short/prompt" "$@" 2> "$short/errors")" \
        || die "$* failed: $(tail -n 5 "$short/errors")"
    record "$key" "$seconds"
}
