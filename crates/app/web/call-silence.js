// Why nothing is heard or seen of somebody: four causes that must not be taken for each other.

/** Seconds without a packet after which nothing arrives. */
const PATIENCE = 2;

/**
 * `state`: what its owner says of it (`on`, `off`, `muted`, `none`). `quietFor`: seconds without a packet. `isMine`: it is this
 * side's own. Gives null, or one of `you-stopped`, `you-device`, `they-stopped`, `they-device`, `no-device`, `no-packets`.
 */
export function silence({ state, quietFor = 0, isMine = false }) {
  if (state === 'off') return isMine ? 'you-stopped' : 'they-stopped';
  if (state === 'muted') return isMine ? 'you-device' : 'they-device';
  if (state === 'none') return 'no-device';
  if (!isMine && quietFor >= PATIENCE) return 'no-packets';
  return null;
}
