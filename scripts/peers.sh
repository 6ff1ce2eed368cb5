#!/usr/bin/env bash
# Gets the servers that the stage lineprotocol of bench measures Lingtan beside:
# VictoriaMetrics, built out of its Go module at the version in bench/peers/go.mod into
# .cache/peers, and InfluxDB 1.6 of Debian. What cannot be had is told and left out;
# the benchmark then says so in its table. Neither is part of the program.
set -uo pipefail
cd "$(dirname "$0")/.."

missing=0
absent() { printf '!! %s\n' "$@" >&2; missing=1; }

victoria() {
  mkdir -p .cache/peers
  echo '== 构建 VictoriaMetrics（约半分钟） · building VictoriaMetrics (about half a minute)'
  go build -C bench/peers -trimpath -o ../../.cache/peers/victoria-metrics \
    github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics ||
    absent 'VictoriaMetrics 无法构建，将不参与比较 · VictoriaMetrics cannot be built and is left out'
}

# influx installs Debian's package. Its service is not wanted: bench runs the server
# itself, on a folder and an address of its own.
influx() {
  command -v influxd >/dev/null && return
  local as=()
  if ! command -v apt-get >/dev/null; then
    absent '没有 apt-get，InfluxDB 将不参与比较 · no apt-get: InfluxDB is left out'
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      absent '缺少 InfluxDB。请运行 · InfluxDB is missing, please run:' '    sudo apt-get update && sudo apt-get install -y --no-install-recommends influxdb'
      return
    fi
    as=(sudo -n)
  fi
  echo '== 安装 influxdb · installing influxdb'
  # A policy that forbids starts holds for this installation alone, where none is there.
  local policy=/usr/sbin/policy-rc.d made=''
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee $policy >/dev/null && "${as[@]}" chmod +x $policy && made=1
  fi
  { DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends influxdb >/dev/null; } ||
    absent 'influxdb 无法安装，将不参与比较 · influxdb cannot be installed and is left out'
  [ -z "$made" ] || "${as[@]}" rm -f $policy
}

victoria
influx
exit $missing
