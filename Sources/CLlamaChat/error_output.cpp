// SPDX-License-Identifier: Apache-2.0
#include "error_output.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

baigo::ErrorOutput::ErrorOutput()
    : file(memfd_create("baigo-engine", MFD_CLOEXEC)), original(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (file >= 0 && original >= 0) {
        dup2(file, STDERR_FILENO);
    }
}

baigo::ErrorOutput::~ErrorOutput() {
    if (file >= 0 && original >= 0) {
        dup2(original, STDERR_FILENO);
    }
    if (file >= 0) {
        close(file);
    }
    if (original >= 0) {
        close(original);
    }
}

std::string baigo::ErrorOutput::line_after(const std::string &mark) const {
    std::string text(4096, '\0');
    const ssize_t count = file < 0 ? 0 : pread(file, text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : (size_t) count);
    const size_t start = text.find(mark);
    if (start == std::string::npos) {
        return "";
    }
    const std::string rest = text.substr(start + mark.size(), 200);
    return rest.substr(0, rest.find('\n'));
}
