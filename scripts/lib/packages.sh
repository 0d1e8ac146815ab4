# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian packages: finds out which are missing, and installs just those; and versions. Needs say.sh.

# require_packages PACKAGE=TEST…, where TEST is a command, "module:NAME" of pkg-config, "library:NAME" of the dynamic
# linker, "python:MODULE" of Python or "file:PATH".
require_packages() {
    local entry missing=()
    for entry in "$@"; do
        if ! is_present "${entry%%=*}" "${entry#*=}"; then missing+=("${entry%%=*}"); fi
    done
    if [ ${#missing[@]} = 0 ]; then return; fi
    install_packages "${missing[@]}"
    for entry in "$@"; do
        is_present "${entry%%=*}" "${entry#*=}" \
            || die "the apt package ${entry%%=*} is installed, but ${entry#*=} is not found." \
                "Is PATH complete? It is $PATH"
    done
}

is_present() {
    case "$2" in
        module:*) pkg-config --exists "${2#module:}" 2> /dev/null || is_installed "$1" ;;
        library:*) [[ "$(/sbin/ldconfig -p)" == *"${2#library:} "* ]] ;;
        python:*) /usr/bin/python3 -c "import ${2#python:}" 2> /dev/null ;;
        file:*) [ -e "${2#file:}" ] ;;
        *) command -v "$2" > /dev/null ;;
    esac
}

# is_at_least VERSION NEEDED
is_at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

install_packages() {
    local as_root=() by_hand="Install them as root with: apt-get install $*"
    if ! command -v apt-get > /dev/null; then
        die "these Debian packages are missing, and there is no apt-get here: $*" \
            "Install what they contain in the way of this system."
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo > /dev/null; then die "these packages are missing: $*" "$by_hand"; fi
        as_root=(sudo)
    fi
    say "installing apt packages: $*"
    if ! { "${as_root[@]}" apt-get -qq update \
        && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
            -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"; } >&2; then
        die "apt-get could not install: $*" "$by_hand"
    fi
}
