// How good a connection is, out of the browser's statistics: `measure` makes rates of counters, `judge` gives bars and one cause.

/** Samples in a row that a limit must hold, since every encoder starts below what it may send. */
const STEADY = 10;

const KINDS = { 'inbound-rtp': 'in', 'outbound-rtp': 'out' };

/** `entries`: all of a report; `before`: what this gave for the report before, or null. */
export function measure(entries, before = null) {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const path = pathOf(entries, byId);
  // A sender feels its way up from little: as long as it finds more, what limits it is the start and not the line.
  const most = Math.max(path.available ?? 0, before?.path.most ?? 0);
  path.isGrowing = before !== null && most > (before.path.most ?? 0) * 1.01;
  path.most = path.isGrowing || before === null ? most : before.path.most;
  const streams = entries.filter(({ type }) => KINDS[type]).map((entry) => streamOf(entry, byId, entries, before, path));
  return { path, streams };
}

function pathOf(entries, byId) {
  const transport = entries.find(({ type }) => type === 'transport');
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  const pair = byId.get(transport?.selectedCandidatePairId) ?? pairs.find(({ selected }) => selected)
    ?? pairs.find(({ nominated, state }) => nominated && state === 'succeeded');
  const local = byId.get(pair?.localCandidateId), remote = byId.get(pair?.remoteCandidateId);
  const isRelayed = local?.candidateType === 'relay' || remote?.candidateType === 'relay';
  return {
    isRelayed,
    relay: isRelayed ? relayOf(local?.candidateType === 'relay' ? local : remote) : undefined,
    rtt: seconds(pair?.currentRoundTripTime),
    available: pair?.availableOutgoingBitrate === undefined ? undefined : pair.availableOutgoingBitrate / 1000,
  };
}

/** Which server relays: by the name that it was asked under, where the browser tells, else by the address that it lent. */
function relayOf({ url = '', address, relayProtocol }) {
  const [, host] = /^turns?:(\[[^\]]+\]|[^:?]+)/.exec(url) ?? [];
  return host ?? address ?? relayProtocol ?? '';
}

const seconds = (value) => (value === undefined ? undefined : value * 1000);

function streamOf(entry, byId, entries, before, path) {
  const way = KINDS[entry.type];
  const last = before?.streams.find(({ id }) => id === entry.id);
  const elapsed = last ? (entry.timestamp - last.timestamp) / 1000 : 0;
  const packets = (way === 'in' ? entry.packetsReceived : entry.packetsSent) ?? 0;
  const bytes = (way === 'in' ? entry.bytesReceived : entry.bytesSent) ?? 0;
  const rate = (now, then) => (elapsed > 0 ? Math.max(0, now - then) / elapsed : 0);
  const packetsPerS = last ? rate(packets, last.packets) : undefined;
  const lost = Math.max(0, entry.packetsLost ?? 0);
  const newlyLost = last ? Math.max(0, lost - last.lost) : 0;
  const expected = newlyLost + (last ? Math.max(0, packets - last.packets) : 0);
  const theirs = entries.find(({ type, localId, ssrc }) => type === 'remote-inbound-rtp' && (localId ? localId === entry.id : ssrc === entry.ssrc));
  const limit = entry.qualityLimitationReason ?? 'none';
  return {
    id: entry.id, way, kind: entry.kind ?? entry.mediaType, mid: entry.mid, track: entry.trackIdentifier, timestamp: entry.timestamp,
    packets, lost, packetsPerS,
    kbps: last ? rate(bytes, last.bytes) * 8 / 1000 : undefined,
    bytes,
    loss: way === 'in' ? (expected > 0 ? newlyLost / expected * 100 : 0) : (theirs?.fractionLost ?? 0) * 100,
    jitter: seconds(way === 'in' ? entry.jitter : theirs?.jitter),
    rtt: seconds(theirs?.roundTripTime),
    frames: entry.framesDecoded ?? entry.framesEncoded,
    fps: entry.framesPerSecond ?? (last && entry.framesDecoded !== undefined ? rate(entry.framesDecoded, last.frames) : undefined),
    width: entry.frameWidth, height: entry.frameHeight,
    freezes: entry.freezeCount, froze: last ? Math.max(0, (entry.freezeCount ?? 0) - (last.freezes ?? 0)) : 0,
    level: entry.audioLevel,
    limit, limitFor: limit !== 'none' && last?.limit === limit && !(limit === 'bandwidth' && path.isGrowing) ? last.limitFor + 1 : 0,
    quietFor: packetsPerS === 0 ? (last.quietFor ?? 0) + elapsed : 0,
    codec: byId.get(entry.codecId)?.mimeType,
  };
}

/**
 * `{bars: 0 to 3, cause, value}`: the worst of what is wrong, and of equals the first in this list. `expects`: the other side says
 * that it sends something.
 */
export function judge({ path, streams }, { isBroken = false, expects = false } = {}) {
  if (isBroken) return { bars: 0, cause: 'unstable' };
  const incoming = streams.filter(({ way }) => way === 'in'), outgoing = streams.filter(({ way }) => way === 'out');
  const worst = (list, of) => list.reduce((most, stream) => Math.max(most, of(stream) ?? 0), 0);
  const lossIn = worst(incoming, ({ loss }) => loss), lossOut = worst(outgoing, ({ loss }) => loss);
  const jitter = worst(incoming.filter(({ kind }) => kind === 'audio'), (stream) => stream.jitter);
  const rtt = path.rtt ?? worst(outgoing, (stream) => stream.rtt);
  const isLimited = (by) => outgoing.some(({ limit, limitFor }) => limit === by && limitFor >= STEADY);
  const found = [];
  const say = (holds, bars, cause, value) => { if (holds) found.push({ bars, cause, value }); };
  say(expects && incoming.length > 0 && incoming.every(({ quietFor }) => quietFor >= 2), 0, 'no-packets');
  say(lossIn >= 5, lossIn >= 15 ? 0 : 1, 'loss', Math.round(lossIn));
  say(lossOut >= 5 || isLimited('bandwidth'), lossOut >= 5 ? 1 : 2, 'your-upload');
  say(isLimited('cpu'), 2, 'cpu');
  say(lossIn >= 2 && lossIn < 5, 2, 'their-upload');
  say(lossOut >= 2 && lossOut < 5, 2, 'your-upload');
  say(incoming.some(({ froze }) => froze > 0), 2, 'freeze');
  // Of pictures the packets of one are spread on purpose.
  say(jitter >= 50, 2, 'jitter', Math.round(jitter));
  say(rtt >= 300, rtt >= 800 ? 1 : 2, 'delay', Math.round(rtt));
  say(path.isRelayed, 3, 'relayed', path.relay);
  return found.reduce((least, each) => (each.bars < least.bars ? each : least), found[0] ?? { bars: 3, cause: null });
}
