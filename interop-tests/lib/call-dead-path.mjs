// A path that can die and live again: a network namespace of its own for each pair of members, in which a rule drops all UDP.
import { execFileSync, spawn } from 'node:child_process';

/** Runs `node SCRIPT FIRST SECOND` for all pairs side by side, each in a namespace; whether all ended well. */
export async function sideBySide(script, pairs) {
  const codes = await Promise.all(pairs.map((pair) => new Promise((resolve) => {
    const child = spawn('unshare', ['--net', process.execPath, script, ...pair], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('close', resolve);
  })));
  return codes.every((code) => code === 0);
}

const run = (text) => text.trim().split('\n').forEach((line) => { const [command, ...rest] = line.trim().split(' '); execFileSync(command, rest); });

/** Makes the network of this namespace. On the way in it dies: whoever sends is not told. */
export function network() {
  run(`ip link set lo up
    ip link add lim0 type veth peer name lim1
    ip addr add 10.77.0.1/24 dev lim0
    ip link set lim0 up
    ip link set lim1 up
    ip route add default dev lim0
    nft add table inet path
    nft add chain inet path in { type filter hook input priority 0 ; }`);
  return {
    dies: () => run('nft add rule inet path in meta l4proto udp drop'),
    lives: () => run('nft flush chain inet path in'),
  };
}
