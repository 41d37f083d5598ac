#!/usr/bin/env bash
# Every target for a few seconds under libFuzzer, on the stable toolchain: `smoke.sh [SECONDS] [SEED]`. What it finds stays in
# fuzz/artifacts/, and the run fails. The same seed makes the same inputs, so that a gate does not fail by chance; to look
# for something new, take another (0: a different one each time) and more time.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
# Without the formats of the application: their crate brings an HTTP server with it, and bounded tests run them anyway.
fuzz() { cargo fuzz "$1" --sanitizer none --no-default-features "${@:2}"; }
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
passed=0
for target in $(cargo fuzz list); do
  case "$target" in codec_share_* | codec_file_* | seeds) continue ;; esac
  log=$(mktemp)
  rm -rf "$found" && mkdir "$found" # new inputs go here, not among the committed ones
  if ! fuzz run "$target" "$found" "fuzz/corpus/$target" -- -max_total_time="${1:-5}" -seed="${2:-1}" -rss_limit_mb=1024 -timeout=5 >"$log" 2>&1; then
    tail -n 40 "$log"
    echo "$target found something"
    echo "$passed passed, 1 failed"
    exit 1
  fi
  grep -oE '^Done [0-9]+ runs' "$log" | sed "s/^Done/$target:/" || true
  rm -f "$log"
  passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
