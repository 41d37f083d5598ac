#!/usr/bin/env bash
# Installs the real peers: browsers, tools and libraries of other people. Safe to run again; prints versions.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
need() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed' || missing+=("$1"); }
for package in chromium firefox-esr tshark coturn gnutls-bin openssl iproute2 nftables python3-venv libsrtp2-dev \
  ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly \
  gstreamer1.0-nice gir1.2-gst-plugins-bad-1.0 python3-gi; do need "$package"; done
if [ "${#missing[@]}" -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
{ [ -d node_modules/werift ] && [ -d node_modules/axe-core ]; } || npm install --no-audit --no-fund --loglevel=error
if [ ! -x peers/aiortc/venv/bin/python ]; then
  python3 -m venv peers/aiortc/venv
  peers/aiortc/venv/bin/pip install --quiet --disable-pip-version-check aiortc aiohttp
fi
[ peers/pion/pion -nt peers/pion/main.go ] || (cd peers/pion && go build -o pion .)
# SRTP of other people on a pipe.
[ peers/libsrtp/lines -nt peers/libsrtp/lines.c ] || cc -O2 -Wall -o peers/libsrtp/lines peers/libsrtp/lines.c -lsrtp2
chromium --version --no-sandbox 2>/dev/null || true
firefox-esr --version 2>/dev/null || true
node --version
