// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Names of signals that end a process.
enum SignalName {
    /// `SIGSEGV`, or `signal 40` for one without a usual name.
    static func of(_ signal: Int32) -> String {
        switch signal {
        case SIGABRT: "SIGABRT"
        case SIGALRM: "SIGALRM"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGHUP: "SIGHUP"
        case SIGILL: "SIGILL"
        case SIGINT: "SIGINT"
        case SIGKILL: "SIGKILL"
        case SIGPIPE: "SIGPIPE"
        case SIGQUIT: "SIGQUIT"
        case SIGSEGV: "SIGSEGV"
        case SIGSYS: "SIGSYS"
        case SIGTERM: "SIGTERM"
        case SIGTRAP: "SIGTRAP"
        case SIGXCPU: "SIGXCPU"
        default: "signal \(signal)"
        }
    }

    /// What a person can do about such an end.
    static func hint(for signal: Int32) -> String {
        switch signal {
        case SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT: "Somebody or something on this host ended it; try again."
        case SIGILL: "A CPU backend does not fit this machine: run scripts/bootstrap again, which tries each of them."
        case SIGBUS: "The model file may have become shorter, or the medium may have failed, while it was in use."
        default: "The model file may be damaged or crafted to do this; baigo and the store are not affected."
        }
    }
}
