// What the browser says about the way to the other side.

import { strings } from './strings.js';

const VERSIONS = { FEFD: '1.2', FEFC: '1.3' };

/** `{path, cipher}` for people; `kind`, `family` and `rtt` (ms) for programs. */
export async function describe(pc) {
  const all = [...(await pc.getStats()).values()];
  const byId = (id) => all.find((entry) => entry.id === id);
  const transport = all.find((entry) => entry.type === 'transport');
  const pairs = all.filter((entry) => entry.type === 'candidate-pair');
  const pair = byId(transport?.selectedCandidatePairId)
    ?? pairs.find((entry) => entry.selected)
    ?? pairs.find((entry) => entry.nominated && entry.state === 'succeeded');
  const local = byId(pair?.localCandidateId), remote = byId(pair?.remoteCandidateId);
  const relayed = local?.candidateType === 'relay' || remote?.candidateType === 'relay';
  const family = familyOf(local?.address) ?? familyOf(remote?.address);
  const relay = local?.relayProtocol ? ` (${local.relayProtocol})` : '';
  const rtt = pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000;
  const path = relayed ? strings.transfer.relayed + relay : strings.transfer.direct + (family ? ` v${family}` : '');
  return { path, kind: relayed ? 'relay' : 'direct', family, rtt, cipher: cipherOf(transport) };
}

function familyOf(address) {
  if (!address || address.endsWith('.local')) return undefined;
  return address.includes(':') ? 6 : 4;
}

function cipherOf(transport) {
  const version = VERSIONS[transport?.tlsVersion];
  if (!version && !transport?.dtlsCipher) return strings.transfer.unknownCipher;
  return ['DTLS', version, transport.dtlsCipher].filter(Boolean).join(' ');
}
