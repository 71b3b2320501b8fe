# shellcheck shell=bash
# What the scripts in this folder share. Sourced, never run.

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)

say() {
  printf '%s\n' "$*"
}

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Builds the executable that users run, as deploy/Dockerfile does: with Swift's libraries in it.
build_release() {
  swift build -c release --product needrecord --static-swift-stdlib
}

# Where it is.
release_executable() {
  say "$(swift build -c release --static-swift-stdlib --show-bin-path)/needrecord"
}

# Whether anything on this machine listens on TCP port $1. Asks the kernel's table, because a connection attempt
# would show up in the log of whoever is there.
port_in_use() {
  local hex
  printf -v hex '%04X' "$1"
  grep -qsE ":$hex [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6
}

# The first port from $1 on that nobody listens on.
free_port() {
  local port
  for ((port = $1; port < $1 + 100; port++)); do
    if ! port_in_use "$port"; then
      say "$port"
      return
    fi
  done
  fail "none of the ports $1 to $((port - 1)) is free"
}
