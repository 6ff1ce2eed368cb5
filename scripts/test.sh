#!/usr/bin/env bash
# Runs every check and goes on after a failure, so that one run shows all of them.
# The last line counts: each test and subtest is one, a check without tests is one.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.env
# As make build builds, so that what it compiled serves the checks too, in any folder.
GOFLAGS="${GOFLAGS:-} -trimpath $(scripts/need.sh solver)"
export GOFLAGS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1 FORCE_COLOR=0
mkdir -p .cache
passed=0 failed=0 began=$SECONDS
broken=()

# step NAME COMMAND...: a heading, the command, its time. A command that counts its
# tests leaves "passed failed" in $work/count; "0 0" is a check that could not be made.
step() {
  local name=$1 from=$SECONDS status p=0 f=0
  shift
  printf '\n== %s\n' "$name"
  rm -f "$work/count"
  "$@"
  status=$?
  [ ! -f "$work/count" ] || read -r p f <"$work/count"
  if [ $status -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  if [ $status -eq 0 ] && [ ! -f "$work/count" ]; then p=1; fi
  passed=$((passed + p)) failed=$((failed + f))
  printf -- '-- %s: %s, %d passed, %d failed, %d s\n' "$name" "$([ "$f" -eq 0 ] && echo ok || echo FAILED)" "$p" "$f" $((SECONDS - from))
  [ "$f" -eq 0 ] || broken+=("$name")
}

formatted() {
  local list
  list=$(find . -name '*.go' -not -path './web/node_modules/*' -not -path './.cache/*' -exec gofmt -l {} +)
  [ -z "$list" ] || { printf 'not gofmt-formatted (run make fmt):\n%s\n' "$list"; return 1; }
}

tidy() {
  if ! go mod tidy -diff >"$work/tidy" 2>&1; then
    grep -v '^go: downloading' "$work/tidy" | head -40
    echo 'go.mod or go.sum is not tidy: run go mod tidy'
    return 1
  fi
  go mod verify
}

# Known vulnerabilities: needs the database on the net. Without it the check is left
# out and says so.
vulnerable() {
  if ! curl -fsS --max-time 10 -o /dev/null https://vuln.go.dev/index/db.json 2>/dev/null; then
    echo 'https://vuln.go.dev 无法访问，未检查已知漏洞 · cannot be reached: known vulnerabilities were NOT checked'
    echo 0 0 >"$work/count"
    return 0
  fi
  go run "golang.org/x/vuln/cmd/govulncheck@$GOVULNCHECK" ./...
}

# tests ARGUMENT...: go test with the arguments, its packages last. Property tests draw
# new cases at every run of a developer; where CI is set they draw the same ones each
# time, so that a run says something of the change and of nothing else. Callers run three
# packages at once: many wait for time-outs and elections.
tests() {
  local flags=() drawn=() rest=() s=0 p
  while [[ ${1:-} == -* ]]; do flags+=("$1"); shift; done
  for p in $(go list "$@"); do
    if [ -n "${CI:-}" ] && grep -qxF "$p" "$work/drawing"; then drawn+=("$p"); else rest+=("$p"); fi
  done
  {
    [ ${#drawn[@]} -eq 0 ] || go test -json -timeout 10m "${flags[@]}" "${drawn[@]}" -rapid.seed=20180101 || s=1
    [ ${#rest[@]} -eq 0 ] || go test -json -timeout 10m "${flags[@]}" "${rest[@]}" || s=1
    [ $s -eq 0 ]
  } 2>"$work/stderr" | .cache/tally "$work/count"
  s=$?
  cat "$work/stderr" >&2
  return $s
}

race() {
  local list
  list=$(sed -e 's/#.*//' scripts/race.txt)
  # shellcheck disable=SC2086 # a list of packages
  tests -race -p=3 $list
}

# count_web PATTERN FILE: counts "N passed" and "N failed" in the closing lines of
# vitest or Playwright that fit the pattern.
count_web() {
  grep -E "$1" "$2" | awk '{
      for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p = $(i-1); if ($i ~ /^failed/) f = $(i-1) } }
    END { print p + 0, f + 0 }' >"$work/count"
}

web_tests() {
  (cd web && npm run --silent test) 2>&1 | tee "$work/web.txt"
  local s=${PIPESTATUS[0]}
  count_web '^ *Tests ' "$work/web.txt"
  return "$s"
}

# The document that the console's types are made from is the server's.
web_api() { bin/lingtan openapi >"$work/openapi.json" && (cd web && npm run --silent api:check -- "$work/openapi.json"); }

web_size() { (cd web && npm run --silent size); }

web_types() { (cd web && npx --no-install vue-tsc --noEmit); }

# The console in a real browser, against a demo park of its own.
browser() {
  local pid url link s
  scripts/need.sh browser || return 1
  LINGTAN_LANG=en bin/lingtan demo --data "$work/demo" --listen 127.0.0.1:0 >"$work/demo.out" 2>"$work/demo.log" &
  pid=$!
  for _ in $(seq 240); do
    url=$(sed -n 's/^Console and API: *//p' "$work/demo.log")
    link=$(sed -n 's/^One-time link to sign in.*): *//p' "$work/demo.log")
    [ -z "$url" ] || [ -z "$link" ] || break # both lines: they are written one after the other
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.5
  done
  if [ -z "$url" ] || [ -z "$link" ]; then
    echo 'the demo did not come up:'; tail -20 "$work/demo.log"; s=1
  else
    (cd web && LINGTAN_URL=${url%/} LINGTAN_SETUP_LINK=$link npm run --silent e2e) 2>&1 | tee "$work/e2e.txt"
    s=${PIPESTATUS[0]}
    count_web '^ *[0-9]+ (passed|failed)' "$work/e2e.txt"
  fi
  kill "$pid" 2>/dev/null
  for _ in $(seq 20); do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return "$s"
}

go build -o .cache/tally ./test/tally || exit 1
go list -f '{{$p := .ImportPath}}{{range .TestImports}}{{if eq . "pgregory.net/rapid"}}{{$p}}{{end}}{{end}}{{range .XTestImports}}{{if eq . "pgregory.net/rapid"}}{{$p}}{{end}}{{end}}' ./... |
  grep . | sort -u >"$work/drawing"

step 'gofmt' formatted
step 'go mod tidy, verify' tidy
step 'go vet' go vet ./...
step "staticcheck $STATICCHECK" go run "honnef.co/go/tools/cmd/staticcheck@$STATICCHECK" ./...
step "govulncheck $GOVULNCHECK" vulnerable
step 'floors' tests .
step 'unit, script, golden, kill, fuzz seeds' tests -p=3 $(go list ./... | grep -vx lingtan)
step 'race detector' race
step 'console: types' web_types
step 'console: API document' web_api
step 'console: unit tests' web_tests
step 'console: size' web_size
step 'console: in a browser' browser

printf '\n'
[ ${#broken[@]} -eq 0 ] || printf 'FAILED: %s\n' "${broken[@]}"
printf 'all checks took %d s\n' $((SECONDS - began))
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
