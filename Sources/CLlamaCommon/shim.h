// SPDX-License-Identifier: Apache-2.0
#pragma once

// The headers of llama.cpp's common library are C++ and are included by CLlamaChat alone; this module exists so
// that the flags of llama-common.pc reach that target.
