#!/usr/bin/env bash
# Sees that what a build or a test needs is there: need.sh go compiler node browser.
# need.sh solver prints the build's tag for CBC, or nothing; it never fails.
# Debian's packages are installed when that is possible without asking; else the
# command to run is printed and the script fails.
set -euo pipefail

fail() { printf '!! %s\n' "$@" >&2; exit 1; }

# install PACKAGE...: by apt-get, as root or by sudo without a password prompt.
install() {
  local as=()
  command -v apt-get >/dev/null || fail "缺少 $*，且没有 apt-get：请自行安装 · $* is missing and there is no apt-get: please install it"
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      fail "缺少 $*。请运行 · $* is missing, please run:" "    sudo apt-get update && sudo apt-get install -y $*"
    fi
    as=(sudo -n)
  fi
  echo "== 安装 $* · installing $*"
  export DEBIAN_FRONTEND=noninteractive
  "${as[@]}" apt-get update -qq
  "${as[@]}" apt-get install -y -qq --no-install-recommends "$@"
}

# DuckDB is linked as a static C++ library.
need_compiler() {
  if ! command -v "${CC:-gcc}" >/dev/null || ! command -v "${CXX:-g++}" >/dev/null; then
    install build-essential
  fi
}

need_go() {
  command -v go >/dev/null || fail "缺少 Go（1.26 或更高）· Go is missing (1.26 or newer): https://go.dev/dl/"
  local minor
  minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
  if [ "$minor" -lt 21 ]; then # older ones cannot fetch the toolchain that go.mod asks for
    fail "$(go version)：需要 Go 1.26 或更高 · Go 1.26 or newer is needed: https://go.dev/dl/"
  fi
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail "缺少 Node（20 或更高）和 npm · Node (20 or newer) with npm is missing: https://nodejs.org/"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node $(node -v)：需要 20 或更高 · 20 or newer is needed: https://nodejs.org/"
}

# The browser test runs in Debian's chromium, with a font that has Chinese.
need_browser() {
  local packages=()
  [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || packages+=(chromium)
  fc-list :lang=zh 2>/dev/null | grep -q . || packages+=(fonts-noto-cjk fontconfig)
  [ ${#packages[@]} -eq 0 ] || install "${packages[@]}"
}

# CBC solves mixed-integer programs several times faster than HiGHS, which every build
# has. It is linked statically, so its archives must be there; without them the build
# goes on without CBC. All but the tag goes to the error output.
need_solver() {
  if ! has_solver; then
    (install coinor-libcbc-dev) >&2 ||
      echo '== 没有 CBC，改用内置的 HiGHS · CBC is not there: going on with HiGHS, which is built in' >&2
  fi
  ! has_solver || echo '-tags=cbc'
}

has_solver() {
  local archive
  [ -f /usr/include/coin/CbcModel.hpp ] || return 1
  for archive in CbcSolver Cbc Cgl OsiClp Clp Osi CoinUtils bz2 z; do
    [ -f "$("${CC:-gcc}" -print-file-name="lib$archive.a")" ] || return 1
  done
}

for what in "$@"; do "need_$what"; done
