# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# BAIGO_ACCEL: which backend is built beside the CPU's, and whether its tools are here. Needs say.sh and packages.sh.

# Sets accelerator_options.
select_accelerator() {
    accelerator_options=()
    case "$accelerator" in
        cpu) ;;
        vulkan) select_vulkan ;;
        cuda)
            accelerator_options=(-DGGML_CUDA=ON)
            if ! command -v nvcc > /dev/null; then
                die "BAIGO_ACCEL=cuda needs nvcc, the compiler of the CUDA toolkit, on PATH." \
                    "Install NVIDIA's cuda-toolkit, or nvidia-cuda-toolkit from Debian's non-free section."
            fi
            ;;
        hip)
            accelerator_options=(-DGGML_HIP=ON)
            if ! command -v hipcc > /dev/null || ! command -v hipconfig > /dev/null; then
                die "BAIGO_ACCEL=hip needs hipcc and hipconfig of ROCm 6.1 or later on PATH." \
                    "Install AMD's packages hipcc, rocblas-dev and hipblas-dev; those of Debian 12 are too old."
            fi
            ;;
        *) die "BAIGO_ACCEL=$accelerator is not known." "Use cpu, vulkan, cuda or hip." ;;
    esac
}

select_vulkan() {
    local include="${BAIGO_VULKAN_INCLUDE:-/usr/include}"
    require_packages libvulkan-dev=module:vulkan glslc=glslc spirv-headers=file:/usr/include/spirv/unified1/spirv.hpp
    if ! grep -qs LayerSettingEXT "$include/vulkan/vulkan_structs.hpp"; then
        die "BAIGO_ACCEL=vulkan needs newer Vulkan headers than those in $include." \
            "Unpack the include folder of Debian 13's libvulkan-dev and name it with BAIGO_VULKAN_INCLUDE=DIR."
    fi
    accelerator_options=(-DGGML_VULKAN=ON "-DVulkan_INCLUDE_DIR=$include")
}
