# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# BAIGO_ACCEL: which backend is built beside the CPU's, and whether its tools are here. Needs say.sh and packages.sh.

# Sets accelerator_options, and fetched_headers where the system's Vulkan headers are too old.
select_accelerator() {
    accelerator_options=()
    fetched_headers=""
    case "$accelerator" in
        cpu) ;;
        vulkan) select_vulkan ;;
        cuda) select_cuda ;;
        hip) select_hip ;;
        *) die "BAIGO_ACCEL=$accelerator is not known." "Use cpu, vulkan, cuda or hip." ;;
    esac
}

# Machine code for every card that ggml has kernels for, not only for the newest: workers write nothing to disk, so code
# that the driver has to translate first would be translated at each start. Collective libraries need sockets and
# shared memory, which workers are refused.
select_cuda() {
    local release toolkit architectures="75-real;80-real;86-real"
    if ! command -v nvcc > /dev/null; then
        die "BAIGO_ACCEL=cuda needs nvcc, the compiler of the CUDA toolkit, on PATH." \
            "Install NVIDIA's cuda-toolkit 12 or later, and add /usr/local/cuda/bin to PATH."
    fi
    release="$(nvcc --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')"
    toolkit="$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")"
    if ! is_at_least "$release" 13; then architectures="50-virtual;61-real;70-real;$architectures"; fi
    if is_at_least "$release" 11.8; then architectures+=";89-real;90"; fi
    if is_at_least "$release" 12.8; then architectures+=";100-real;120a-real"; fi
    if is_at_least "$release" 12.9; then architectures+=";121a-real"; fi
    accelerator_options=(
        -DGGML_CUDA=ON -DGGML_CUDA_NCCL=OFF "-DCMAKE_CUDA_ARCHITECTURES=${BAIGO_CUDA_ARCHITECTURES:-$architectures}"
        "-DCMAKE_INSTALL_RPATH=\$ORIGIN;\$ORIGIN/../lib;$toolkit/lib64"
    )
}

# Without a list, cmake would ask the card of this machine, which need not have one.
select_hip() {
    local release rocm architectures="gfx908;gfx90a;gfx942;gfx1030;gfx1100;gfx1101;gfx1102"
    local remedy="Install AMD's packages hipcc, rocblas-dev and hipblas-dev, and add /opt/rocm/bin to PATH."
    if ! command -v hipcc > /dev/null || ! command -v hipconfig > /dev/null; then
        die "BAIGO_ACCEL=hip needs hipcc and hipconfig of ROCm 6.1 or later on PATH." "$remedy"
    fi
    release="$(hipconfig --version)"
    is_at_least "$release" 6.1 || die "BAIGO_ACCEL=hip needs ROCm 6.1 or later; hipconfig is of $release." "$remedy"
    rocm="$(hipconfig --rocmpath)"
    if is_at_least "$release" 6.4; then architectures+=";gfx1150;gfx1151;gfx1200;gfx1201"; fi
    export HIP_PATH="$rocm" ROCM_PATH="$rocm"
    accelerator_options=(
        -DGGML_HIP=ON -DGGML_HIP_RCCL=OFF "-DCMAKE_HIP_COMPILER=$(hipconfig --hipclangpath)/clang"
        "-DCMAKE_HIP_ARCHITECTURES=${BAIGO_HIP_ARCHITECTURES:-$architectures}"
        "-DCMAKE_INSTALL_RPATH=\$ORIGIN;\$ORIGIN/../lib;$rocm/lib"
    )
}

select_vulkan() {
    local include="${BAIGO_VULKAN_INCLUDE:-/usr/include}"
    require_packages libvulkan-dev=module:vulkan glslc=glslc spirv-headers=file:/usr/include/spirv/unified1/spirv.hpp
    if ! vulkan_headers_are_new "$include"; then
        if [ -n "${BAIGO_VULKAN_INCLUDE:-}" ]; then
            die "the Vulkan headers in BAIGO_VULKAN_INCLUDE=$include are too old." \
                "Name a folder with those of Vulkan 1.4, or unset it: then set-up fetches them."
        fi
        fetched_headers="$cache/vulkan-headers-${VULKAN_HEADERS_SHA256:0:8}"
        include="$fetched_headers/usr/include"
    fi
    accelerator_options=(-DGGML_VULKAN=ON "-DVulkan_INCLUDE_DIR=$include")
}

vulkan_headers_are_new() { grep -qs LayerSettingEXT "$1/vulkan/vulkan_structs.hpp"; }

# Fetches what select_accelerator found missing. Only one set-up at a time may run this.
prepare_accelerator() {
    local package
    if [ -z "$fetched_headers" ] || [ -d "$fetched_headers" ]; then return; fi
    package="$(fetch_vulkan_headers)"
    rm -rf "$fetched_headers.partial"
    dpkg-deb -x "$package" "$fetched_headers.partial" || die "$package cannot be unpacked."
    vulkan_headers_are_new "$fetched_headers.partial/usr/include" || die "$package has no Vulkan headers of 1.4."
    mv "$fetched_headers.partial" "$fetched_headers"
}

# Puts the checksummed Debian package into the cache and prints its path. apt's helper uses apt's proxy and compares the
# digest.
fetch_vulkan_headers() {
    local folder="$cache/downloads" mirror
    local package="$folder/${VULKAN_HEADERS_PACKAGE##*/}"
    mkdir -p "$folder"
    if ! has_digest "$VULKAN_HEADERS_SHA256" "$package"; then
        mirror="$(debian_mirror)"
        say "fetching ${package##*/} from $mirror"
        if ! /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "$mirror$VULKAN_HEADERS_PACKAGE" \
            "$package.partial" "SHA256:$VULKAN_HEADERS_SHA256" >&2; then
            rm -f "$package.partial" "$package.partial.FAILED"
            die "could not fetch $mirror$VULKAN_HEADERS_PACKAGE." \
                "Put ${package##*/} into $folder, or name a folder of Vulkan 1.4 headers with BAIGO_VULKAN_INCLUDE=DIR."
        fi
        mv -f "$package.partial" "$package"
        has_digest "$VULKAN_HEADERS_SHA256" "$package" \
            || die "$package does not have the SHA-256 that LLAMA_CPP_VERSION pins."
    fi
    printf '%s\n' "$package"
}

# The mirror that apt is set up with.
debian_mirror() {
    local mirrors=""
    mirrors="$(apt-get indextargets --format "\$(REPO_URI)" 'Origin: Debian' 'Label: Debian' 2> /dev/null)" || true
    mirrors="${mirrors%%$'\n'*}"
    printf '%s\n' "${mirrors:-http://deb.debian.org/debian/}"
}
