#!/usr/bin/env bash
# Two network namespaces joined by a cable, so that browsers and peers see addresses other than loopback and nothing leaves:
# limpid-a (10.77.0.1, fd77::1) and limpid-b (10.77.0.2, fd77::2). `up`, `down`, or `run NAMESPACE COMMAND…`.
set -euo pipefail
down() { for ns in limpid-a limpid-b; do ip netns del "$ns" 2>/dev/null || true; done; }
up() {
  down
  ip netns add limpid-a
  ip netns add limpid-b
  ip link add lim0 netns limpid-a type veth peer name lim1 netns limpid-b
  ip -n limpid-a link set lo up
  ip -n limpid-b link set lo up
  ip -n limpid-a addr add 10.77.0.1/24 dev lim0
  ip -n limpid-a addr add fd77::1/64 dev lim0 nodad
  ip -n limpid-b addr add 10.77.0.2/24 dev lim1
  ip -n limpid-b addr add fd77::2/64 dev lim1 nodad
  ip -n limpid-a link set lim0 up
  ip -n limpid-b link set lim1 up
  ip -n limpid-a route add default via 10.77.0.2
  ip -n limpid-b route add default via 10.77.0.1
}
case "${1:?up, down or run}" in
  up) up ;;
  down) down ;;
  run) shift; exec ip netns exec "$@" ;;
  *) echo "up, down or run" >&2; exit 2 ;;
esac
