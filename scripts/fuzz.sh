#!/usr/bin/env bash
# Fuzzes every parser for a while each. What is found lands in testdata/fuzz: commit it.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${FUZZTIME:-10s}
for package in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$package" 2>/dev/null | grep '^Fuzz' || true); do
    echo "== $package $target, $time"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
  done
done
