#!/usr/bin/env bash
# Two network namespaces joined by a cable, so that browsers and peers see addresses other than loopback and nothing leaves:
# limpid-a (10.77.0.1, fd77::1) and limpid-b (10.77.0.2, fd77::2). `up`, `down`, or `run COMMAND…` (in the first one).
# LIMPID_NAMESPACE names another pair than `limpid`.
set -euo pipefail
a="${LIMPID_NAMESPACE:-limpid}-a"
b="${LIMPID_NAMESPACE:-limpid}-b"
down() { for ns in "$a" "$b"; do ip netns del "$ns" 2>/dev/null || true; done; }
up() {
  down
  ip netns add "$a"
  ip netns add "$b"
  ip link add lim0 netns "$a" type veth peer name lim1 netns "$b"
  ip -n "$a" link set lo up
  ip -n "$b" link set lo up
  ip -n "$a" addr add 10.77.0.1/24 dev lim0
  ip -n "$b" addr add 10.77.0.2/24 dev lim1
  # Where the machine has no IPv6, the rest is shown without it.
  ip -n "$a" addr add fd77::1/64 dev lim0 nodad 2>/dev/null || true
  ip -n "$b" addr add fd77::2/64 dev lim1 nodad 2>/dev/null || true
  ip -n "$a" link set lim0 up
  ip -n "$b" link set lim1 up
  ip -n "$a" route add default via 10.77.0.2
  ip -n "$b" route add default via 10.77.0.1
}
case "${1:?up, down or run}" in
  up) up ;;
  down) down ;;
  run) shift; exec ip netns exec "$a" "$@" ;;
  *) echo "up, down or run" >&2; exit 2 ;;
esac
