// The call's pure parts: links and proof against vectors, the ladder by its clock, silences, quality, chat text. Run: node --test crates/app/tests/web/
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

globalThis.isSecureContext = true;
const web = (name) => import(new URL(`../../web/${name}`, import.meta.url));
const { fromHex, toHex } = await web('digest.js');
const { callFragment, deriveCall, parseCall } = await web('call-link.js');
const { Greeting } = await web('proof.js');
const { Ladder, STEPS } = await web('call-ladder.js');
const { Comparison, commitment, wordsOf } = await web('call-words.js');
const { Recorder, fileName } = await web('call-recorder.js');
const { NetworkWatch } = await web('call-network.js');
const { silence } = await web('call-silence.js');
const { judge, measure } = await web('call-quality.js');
const { linked } = await web('call-chat.js');
const { DeviceMenus, Speaker, newDevices } = await web('call-devices.js');
const { LocalMedia } = await web('call-media.js');
const { factsOf } = await web('call-inspector.js');
const { textOf, timeOf } = await web('call-peer.js');
const { browserOf, troubleText } = await web('call-unblock.js');
const { during } = await web('ui.js');
const { strings } = await web('strings.js');
const vectors = JSON.parse(fs.readFileSync(new URL('../vectors/call.json', import.meta.url)));

test('room, key and both proofs of a call are as computed elsewhere', async () => {
  const call = parseCall(vectors.fragment);
  const { room, auth } = await deriveCall(call);
  assert.deepEqual([room, toHex(auth), callFragment(call)], [vectors.room, vectors.auth, vectors.fragment]);
  const hex = (name) => fromHex(vectors[name], 32);
  const answerer = await Greeting.make(auth, {
    protocol: 'limpid-call/1', room, side: 'answerer', ourNonce: hex('nonce_answerer'), theirNonce: hex('nonce_offerer'),
    ourFingerprint: hex('fingerprint_answerer'), theirFingerprint: hex('fingerprint_offerer'),
  });
  assert.equal(answerer.say().proof, vectors.proof_answerer);
  assert.doesNotThrow(() => answerer.hear({ m: 'hello', v: [1], proof: vectors.proof_offerer }));
  assert.throws(() => answerer.hear({ m: 'hello', v: [1], proof: vectors.proof_answerer }), { slug: 'bad-proof' });
  assert.throws(() => answerer.hear({ m: 'hello', v: [1], proof: null }), { slug: 'protocol' });
});

test('words are as computed elsewhere, the same on both sides, and bound before they are known', async () => {
  const hex = (name) => fromHex(vectors[name], 32);
  const fingerprints = [hex('fingerprint_offerer'), hex('fingerprint_answerer')], numbers = [hex('nonce_offerer'), hex('nonce_answerer')];
  assert.equal(await wordsOf(fingerprints, numbers), vectors.words);
  assert.equal(toHex(await commitment(numbers[0])), vectors.commit_offerer);
  const [offerer, answerer, stranger] = [new Comparison(), new Comparison(), new Comparison()];
  const toAnswerer = offerer.hear({ commit: await answerer.commit() }), toOfferer = answerer.hear({ commit: await offerer.commit() });
  const words = await offerer.reveal(toOfferer, fingerprints, true);
  assert.match(words, /^[a-z]+( [a-z]+){3}$/);
  assert.equal(await answerer.reveal(toAnswerer, [...fingerprints].reverse(), false), words);
  // Another certificate in between: other words.
  assert.notEqual(await answerer.reveal(toAnswerer, [fingerprints[1], numbers[0]], false), words);
  // Another number than the one that was promised.
  const other = stranger.hear({ commit: await offerer.commit() });
  await assert.rejects(offerer.reveal(other, fingerprints, true), { slug: 'protocol' });
  await assert.rejects(stranger.reveal({ number: 7 }, fingerprints, true), { slug: 'protocol' });
  assert.equal(new Comparison().hear({}), null);
});

test('named rooms are as computed elsewhere, and have no key', async () => {
  for (const { name, fragment, room } of vectors.named) {
    assert.deepEqual(parseCall(fragment), { name });
    assert.equal(callFragment({ name }), fragment);
    assert.deepEqual(await deriveCall({ name }), { room, auth: null });
  }
});

test('what is cut short or of another kind is no link', () => {
  for (const fragment of ['', 'r.', vectors.fragment.slice(0, -1), vectors.fragment.replace('r.', 's.'), 'n.', 'n.%', `n.${'x'.repeat(65)}`, 'n']) {
    assert.equal(parseCall(fragment), null, fragment);
  }
});

/** Runs a ladder to `until` in small steps; gives [ms, action] pairs. */
function climb(ladder, until, from = 0) {
  const done = [];
  for (let now = from; now <= until; now += 250) for (const action of ladder.due(now)) done.push([now, action]);
  return done;
}

test('the ladder: what is due when, on the side that leads and on the other', () => {
  const leader = new Ladder(true), other = new Ladder(false);
  leader.broken(0);
  other.broken(0);
  leader.broken(700);
  assert.deepEqual(climb(leader, 60_000), STEPS);
  assert.ok(leader.isLost && leader.next === null);
  assert.deepEqual(climb(other, 60_000), [[1000, 'unstable'], [45_000, 'lost']]);
});

test('the ladder: a path that comes back ends it, and it begins anew the next time', () => {
  const ladder = new Ladder(true);
  assert.deepEqual(ladder.working(), []);
  assert.equal(ladder.next, null);
  ladder.broken(0);
  climb(ladder, 6000);
  assert.deepEqual(ladder.working(), ['restored']);
  assert.deepEqual([ladder.since, climb(ladder, 60_000, 6000)], [null, []]);
  ladder.broken(100_000);
  assert.deepEqual(climb(ladder, 102_000, 100_000), [[101_000, 'unstable'], [102_000, 'restart']]);
});

test('the ladder: of attempts that were missed the last one is made', () => {
  const ladder = new Ladder(true);
  ladder.broken(0);
  assert.deepEqual(ladder.due(12_000), ['unstable', 'restart']);
  assert.deepEqual(ladder.due(26_000), ['renew']);
  assert.deepEqual(ladder.due(100_000), ['lost']);
  assert.deepEqual(ladder.retry(100_100), ['renew']);
  assert.ok(!ladder.isLost);
  assert.deepEqual(climb(ladder, 103_000, 100_100).map(([, action]) => action), ['unstable', 'restart']);
});

test('the ladder: news from outside skip the wait, but not the pause between two attempts', () => {
  const ladder = new Ladder(true), other = new Ladder(false);
  assert.deepEqual(ladder.nudge(0, 'signalling'), []);
  assert.deepEqual([other.nudge(0, 'network'), other.nudge(0, 'asked')], [['ask'], []]);
  assert.deepEqual([ladder.nudge(0, 'asked'), ladder.nudge(500, 'network')], [['restart'], []]);
  ladder.broken(0);
  other.broken(0);
  assert.deepEqual(ladder.nudge(100, 'signalling'), ['restart']);
  assert.deepEqual(ladder.nudge(600, 'network'), []);
  assert.deepEqual(ladder.nudge(1200, 'network'), ['restart']);
  assert.deepEqual(ladder.nudge(16_000, 'signalling'), ['renew']);
  assert.deepEqual(other.nudge(100, 'signalling'), []);
  assert.deepEqual(other.nudge(100, 'network'), ['ask']);
  // Who slept did not wait.
  assert.deepEqual(ladder.nudge(3_600_000, 'wake'), ['restart']);
  assert.equal(ladder.since, 3_600_000);
  climb(ladder, 3_700_000, 3_600_000);
  assert.deepEqual(ladder.nudge(3_700_000, 'network'), []);
});

test('the network: what a browser tells, and what of it is a reason', () => {
  const target = new EventTarget(), connection = new EventTarget(), heard = [];
  connection.type = 'wifi';
  const watch = new NetworkWatch((why) => heard.push(why), target, connection);
  const tell = (of, name) => of.dispatchEvent(new Event(name));
  tell(target, 'offline');
  tell(target, 'online');
  // Only the guess of its speed is another.
  tell(connection, 'change');
  connection.type = 'none';
  tell(connection, 'change');
  connection.type = 'cellular';
  tell(connection, 'change');
  assert.deepEqual(heard.splice(0), ['offline', 'network', 'network']);
  watch.close();
  tell(target, 'online');
  tell(connection, 'change');
  // A browser that does not say which kind it is.
  const other = new NetworkWatch((why) => heard.push(why), target, Object.assign(new EventTarget(), { type: undefined }));
  tell(other.connection, 'change');
  assert.deepEqual(heard, ['hint']);
  const ladder = new Ladder(true);
  assert.deepEqual(ladder.nudge(0, 'hint'), []);
  ladder.broken(0);
  assert.deepEqual(ladder.nudge(1, 'hint'), ['restart']);
  const blind = new NetworkWatch(() => {}, target, undefined);
  assert.equal(blind.kind, undefined);
  for (const each of [other, blind]) each.close();
});

test('sleep is told from a slow second by the clock on the wall, and once', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
  const heard = [];
  const watch = new NetworkWatch((why) => heard.push(why), new EventTarget(), undefined);
  t.mock.timers.tick(5_000);
  t.mock.timers.setTime(Date.now() + 8_000);
  t.mock.timers.tick(1_000);
  assert.deepEqual(heard, []);
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(3_000);
  assert.deepEqual(heard, ['wake']);
  watch.close();
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(3_000);
  assert.deepEqual(heard, ['wake']);
});

test('four silences, and none is taken for another', () => {
  const cases = [
    [{ state: 'off', isMine: true }, 'you-stopped'], [{ state: 'muted', isMine: true }, 'you-device'],
    [{ state: 'off' }, 'they-stopped'], [{ state: 'muted' }, 'they-device'], [{ state: 'on', quietFor: 2 }, 'no-packets'],
    [{ state: 'on', quietFor: 1.9 }, null], [{ state: 'on', quietFor: 99, isMine: true }, null], [{ state: 'none' }, 'no-device'],
    // What the sender says goes before what is not there because of it.
    [{ state: 'off', quietFor: 60 }, 'they-stopped'],
  ];
  for (const [given, wanted] of cases) {
    assert.equal(silence(given), wanted, JSON.stringify(given));
    if (wanted) for (const what of ['mic', 'camera']) assert.ok(strings.call.silence[what][wanted], `${what} ${wanted}`);
  }
});

/** Reports a second apart, as a browser gives them. */
function report(second, { received = 50, lost = 0, sent = 50, fractionLost = 0, rtt = 0.02, limit = 'none', available = 1e6, relayed = null, frames = 30, freezes = 0, jitter = 0.01 } = {}) {
  const timestamp = 1000 * second;
  return [
    { id: 'T', type: 'transport', timestamp, selectedCandidatePairId: 'P' },
    { id: 'P', type: 'candidate-pair', timestamp, localCandidateId: 'L', remoteCandidateId: 'R', currentRoundTripTime: rtt, availableOutgoingBitrate: available },
    { id: 'L', type: 'local-candidate', candidateType: relayed ? 'relay' : 'host', ...relayed },
    { id: 'R', type: 'remote-candidate', candidateType: 'host' },
    { id: 'C', type: 'codec', mimeType: 'audio/opus' },
    { id: 'IA', type: 'inbound-rtp', kind: 'audio', mid: '0', codecId: 'C', timestamp, packetsReceived: received * second, packetsLost: lost * second, bytesReceived: 4000 * second, jitter },
    { id: 'IV', type: 'inbound-rtp', kind: 'video', mid: '1', timestamp, packetsReceived: received * second, packetsLost: lost * second, bytesReceived: 100_000 * second, jitter: 0.2, framesDecoded: frames * second, freezeCount: freezes * second },
    { id: 'OV', type: 'outbound-rtp', kind: 'video', mid: '1', ssrc: 7, timestamp, packetsSent: sent * second, bytesSent: 100_000 * second, qualityLimitationReason: limit },
    { id: 'RI', type: 'remote-inbound-rtp', kind: 'video', localId: 'OV', ssrc: 7, timestamp, fractionLost, roundTripTime: rtt },
  ];
}

function after(seconds, options) {
  let measured = null;
  for (let second = 1; second <= seconds; second += 1) measured = measure(report(second, typeof options === 'function' ? options(second) : options), measured);
  return measured;
}

test('rates are made of counters', () => {
  const { path, streams } = after(3, { received: 48, lost: 2 });
  const stream = (id) => streams.find((each) => each.id === id);
  assert.equal(path.rtt, 20);
  assert.deepEqual([stream('IA').kbps, stream('IA').packetsPerS, stream('IA').loss, stream('IA').codec, stream('IA').jitter], [32, 48, 4, 'audio/opus', 10]);
  assert.deepEqual([stream('IV').kbps, stream('IV').fps, stream('IV').frames], [800, 30, 90]);
  assert.deepEqual(measure([], null).streams, []);
});

test('bars and one cause', () => {
  const cases = {
    'nothing is wrong': [after(3), { bars: 3, cause: null }],
    'loss that is heard': [after(3, { received: 47, lost: 3 }), { bars: 1, cause: 'loss', value: 6 }],
    'loss that is the end': [after(3, { received: 40, lost: 10 }), { bars: 0, cause: 'loss', value: 20 }],
    'some loss on the way here': [after(3, { received: 97, lost: 3 }), { bars: 2, cause: 'their-upload', value: undefined }],
    'some loss on the way there': [after(3, { fractionLost: 0.03 }), { bars: 2, cause: 'your-upload', value: undefined }],
    'much loss on the way there': [after(3, { fractionLost: 0.3 }), { bars: 1, cause: 'your-upload', value: undefined }],
    'a processor that cannot follow': [after(20, { limit: 'cpu' }), { bars: 2, cause: 'cpu', value: undefined }],
    'a line that is full': [after(20, { limit: 'bandwidth' }), { bars: 2, cause: 'your-upload', value: undefined }],
    'a start that feels its way up': [after(20, (second) => ({ limit: 'bandwidth', available: 3e5 * 1.08 ** second })), { bars: 3, cause: null }],
    'a long way': [after(3, { rtt: 0.4 }), { bars: 2, cause: 'delay', value: 400 }],
    'a very long way': [after(3, { rtt: 1.2 }), { bars: 1, cause: 'delay', value: 1200 }],
    'a relay, which is no fault': [after(3, { relayed: { relayProtocol: 'udp', url: 'turn:turn.example:3478?transport=udp' } }), { bars: 3, cause: 'relayed', value: 'turn.example' }],
    'a relay by its number': [after(3, { relayed: { url: 'turns:[2001:db8::1]:5349' } }), { bars: 3, cause: 'relayed', value: '[2001:db8::1]' }],
    'a relay whose name the browser keeps': [after(3, { relayed: { address: '192.0.2.7', relayProtocol: 'udp' } }), { bars: 3, cause: 'relayed', value: '192.0.2.7' }],
    'a relay that says nothing of itself': [after(3, { relayed: { relayProtocol: 'tls' } }), { bars: 3, cause: 'relayed', value: 'tls' }],
    'sound that comes when it likes': [after(3, { jitter: 0.08 }), { bars: 2, cause: 'jitter', value: 80 }],
    'a relay and a fault': [after(3, { relayed: { relayProtocol: 'udp' }, rtt: 0.4 }), { bars: 2, cause: 'delay', value: 400 }],
    'a picture that froze': [after(3, { freezes: 1 }), { bars: 2, cause: 'freeze', value: undefined }],
  };
  for (const [name, [measured, wanted]] of Object.entries(cases)) {
    const judged = judge(measured, { expects: true });
    assert.deepEqual({ value: undefined, ...wanted }, { value: undefined, ...judged }, name);
    if (judged.cause) assert.equal(typeof strings.call.cause[judged.cause](judged.value), 'string');
  }
  assert.deepEqual(judge(after(3), { isBroken: true }), { bars: 0, cause: 'unstable' });
});

test('nothing that arrives is a fault only if something is sent', () => {
  const silent = after(6, (second) => ({ received: second < 3 ? 50 : 100 / second }));
  assert.equal(silent.streams.find(({ id }) => id === 'IA').quietFor >= 2, true);
  assert.equal(judge(silent, { expects: true }).cause, 'no-packets');
  assert.equal(judge(silent, { expects: false }).bars, 3);
});

test('links of a chat are links, everything else is text', () => {
  assert.deepEqual(linked('see https://a.example/x?y=1 and <b>'), ['see ', { href: 'https://a.example/x?y=1', text: 'https://a.example/x?y=1' }, ' and <b>']);
  assert.deepEqual(linked('javascript:alert(1) data:text/html,x'), ['javascript:alert(1) data:text/html,x']);
  assert.deepEqual(linked('\u202eevil http://'), ['\\u{202e}evil http://']);
  assert.deepEqual(linked(''), []);
});

test('what was plugged in is asked about once', () => {
  const device = (kind, deviceId, groupId = '') => ({ kind, deviceId, groupId });
  const before = [device('audioinput', 'a'), device('audiooutput', 'default')];
  const headset = [device('audioinput', 'h', 'g'), device('audiooutput', 'h2', 'g')];
  assert.deepEqual(newDevices(before, [...before, ...headset]), [headset[0]]);
  assert.deepEqual(newDevices(before, [...before, device('audiooutput', 'o', 'x')]), [device('audiooutput', 'o', 'x')]);
  assert.deepEqual(newDevices(before, [device('audioinput', 'a')]), []);
  assert.deepEqual(newDevices([device('audioinput', '')], [device('audioinput', 'a')]), [], 'names that came with the permission');
});

/** A device as a browser has it: unplugging ends its track. */
class Track extends EventTarget {
  constructor(kind, label) { super(); Object.assign(this, { kind, label, enabled: true, muted: false, readyState: 'live' }); }
  stop() { this.readyState = 'ended'; }
  unplug() { this.stop(); this.dispatchEvent(new Event('ended')); }
}

test('a device that is unplugged is replaced by the next, or its absence is said', async () => {
  const plugged = { audio: ['headset', 'built-in'], video: ['webcam', 'lid'] };
  const asked = [];
  const getUserMedia = async (constraints) => {
    asked.push(constraints);
    const [kind] = Object.keys(constraints), id = constraints[kind].deviceId?.exact;
    const label = plugged[kind].find((each) => !id || each === id);
    if (!label) throw Object.assign(new Error(), { name: id ? 'OverconstrainedError' : 'NotFoundError' });
    return { getAudioTracks: () => [new Track('audio', label)], getVideoTracks: () => [new Track('video', label)] };
  };
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: { getUserMedia } }, configurable: true });
  const gone = [];
  const media = new LocalMedia({ changed() {}, ended: (name) => gone.push(name) });
  await media.openMic('headset');
  await media.openCamera('webcam');
  media.mute(true);
  for (const [name, kind, next] of [['mic', 'audio', 'built-in'], ['camera', 'video', 'lid']]) {
    plugged[kind].shift();
    const old = media[name];
    old.unplug();
    assert.deepEqual([gone.pop(), media[name]], [name, null]);
    assert.equal(await media.replace(name), next);
    // Nothing of the old one is asked for, and whoever was muted stays so.
    assert.equal(asked.at(-1)[kind].deviceId, undefined);
    plugged[kind].shift();
    media[name].unplug();
    assert.equal(await media.replace(name), null);
    assert.equal(media.missing[name], 'missing');
  }
  assert.deepEqual([media.micState, media.cameraState], ['none', 'none']);
  plugged.audio.push('another');
  await media.openMic(undefined);
  assert.deepEqual([media.mic.enabled, media.micState], [false, 'off']);
});

test('what was asked for is given back if it comes after all was given back', async () => {
  const asked = [], tracks = [];
  const answerLater = (constraints) => new Promise((resolve, reject) => { asked.push({ constraints, resolve, reject }); });
  const give = ({ constraints, resolve }) => {
    const own = Object.keys(constraints).map((kind) => new Track(kind, kind));
    tracks.push(...own);
    const of = (kind) => own.filter((track) => track.kind === kind);
    resolve({ getTracks: () => own, getAudioTracks: () => of('audio'), getVideoTracks: () => of('video') });
  };
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: { getUserMedia: answerLater, getDisplayMedia: answerLater } }, configurable: true });
  const media = new LocalMedia({ changed() {}, ended() {} });
  const opening = media.open(), sharing = media.share({ replaces: false, hint: 'detail' });
  media.stop();
  asked.forEach(give);
  await opening;
  await assert.rejects(sharing, { name: 'AbortError' });
  // Nor is anything asked for one by one after that.
  assert.deepEqual([asked.length, tracks.map(({ readyState }) => readyState)], [2, Array(4).fill('ended')]);
  assert.deepEqual([media.mic, media.camera, media.screen, media.micState, media.cameraState], [null, null, null, 'none', 'off']);
  // Who asks anew gets it.
  const again = media.open();
  give(asked.at(-1));
  await again;
  assert.deepEqual([media.micState, media.cameraState], ['on', 'on']);
  // Of two screens one stays, and it is the one that can be stopped.
  const both = [1, 2].map(() => media.share({ replaces: false, hint: 'detail' }));
  asked.slice(-2).forEach(give);
  await Promise.all(both);
  media.stop();
  assert.deepEqual(tracks.filter(({ readyState }) => readyState !== 'ended'), []);
});

test('what was not allowed is told with the way out of each browser', () => {
  const agents = {
    chromium: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  };
  for (const [browser, agent] of Object.entries(agents)) {
    assert.equal(browserOf(agent), browser);
    assert.equal(troubleText('mic', 'denied', browser), `The microphone was not allowed. ${strings.call.unblock[browser]}`);
    assert.equal(troubleText('camera', 'missing', browser), strings.call.missing.missing('camera'));
  }
  assert.equal(browserOf('something else'), 'chromium');
});

test('a device that is chosen is used now and the next time, and a camera only where there is room', async () => {
  const kept = new Map(), asked = [];
  globalThis.localStorage = { setItem: (key, value) => kept.set(key, value) };
  const media = { camera: null, cameraState: 'off', openCamera: async (id) => asked.push(['camera', id]), openMic: async (id) => asked.push(['mic', id]) };
  const menus = { media, speaker: { choose: (id) => asked.push(['speaker', id]) }, mayOpen: () => false };
  const choose = async (kind, id) => { await DeviceMenus.prototype.choose.call(menus, kind, id); return asked.splice(0); };
  assert.deepEqual([await choose('audioinput', 'a'), await choose('audioinput', ''), await choose('audiooutput', 'b')], [[['mic', 'a']], [['mic', undefined]], [['speaker', 'b']]]);
  // Off because its owner turned it off, then for want of one where four others send theirs, then with room for it.
  assert.deepEqual([await choose('videoinput', 'c'), media.cameraId], [[], 'c']);
  media.cameraState = 'none';
  assert.deepEqual(await choose('videoinput', 'd'), []);
  menus.mayOpen = () => true;
  assert.deepEqual(await choose('videoinput', 'd'), [['camera', 'd']]);
  Object.assign(media, { camera: {}, cameraState: 'on' });
  menus.mayOpen = () => false;
  assert.deepEqual(await choose('videoinput', ''), [['camera', null]]);
  assert.deepEqual([...kept], [['limpid-device-audioinput', ''], ['limpid-device-audiooutput', 'b'], ['limpid-device-videoinput', '']]);
});

test('a button that is at work is pressed in vain, and stays where it is', async () => {
  const attributes = new Map();
  const node = { textContent: 'Turn on', getAttribute: (name) => attributes.get(name) ?? null, setAttribute: (name, value) => attributes.set(name, value), removeAttribute: (name) => attributes.delete(name) };
  let runs = 0, finish;
  const action = () => { runs += 1; return new Promise((resolve) => { finish = resolve; }); };
  const first = during(node, action, 'Asking');
  await during(node, action, 'Asking');
  assert.deepEqual([runs, node.textContent, node.disabled, attributes.get('aria-disabled')], [1, 'Asking', undefined, 'true']);
  finish();
  await first;
  assert.deepEqual([node.textContent, attributes.size], ['Turn on', 0]);
  // What the action made of it stands.
  await during(node, async () => { node.textContent = 'Turn off'; });
  await assert.rejects(during(node, async () => { throw new Error('no'); }));
  assert.deepEqual([node.textContent, attributes.size], ['Turn off', 0]);
});

test('a recording is a file a person, and another one when their tracks are others', () => {
  globalThis.MediaStream = class { constructor(tracks) { this.tracks = tracks; } };
  const made = [], files = [];
  class Media {
    static isTypeSupported = (type) => type === 'video/webm';
    constructor(stream, { mimeType }) { Object.assign(this, { stream, mimeType, state: 'recording' }); made.push(this); }
    start() {}
    stop() { this.state = 'inactive'; this.ondataavailable({ data: new Blob(['x']) }); this.onstop(); }
  }
  const track = () => ({ readyState: 'live' });
  const [mic, voice, camera, other] = [track(), track(), track(), track()];
  const recorder = new Recorder({ Media, done: (name, blob) => files.push([name, blob.size, blob.type]) });
  const ann = (...tracks) => ({ key: 'a', name: 'Ann/../x', tracks }), self = { key: 'self', name: 'Me', tracks: [mic, null] };
  recorder.update([self]);
  assert.equal(made.length, 0);
  recorder.start([self]);
  recorder.update([self, ann(voice, camera)]);
  recorder.update([self, ann(voice, camera)]);
  assert.deepEqual(made.map(({ stream }) => stream.tracks), [[mic], [voice, camera]]);
  recorder.update([self, ann(other)]);
  assert.deepEqual(files, [['Ann_.._x.webm', 1, 'video/webm']]);
  recorder.update([self]);
  recorder.stop();
  assert.deepEqual(files.map(([name]) => name), ['Ann_.._x.webm', 'Ann_.._x (2).webm', 'Me.webm']);
  assert.deepEqual([fileName('', 1, 'video/mp4'), fileName('..', 2, ''), fileName('Zoë 水', 1, '')], ['call.mp4', 'call (2).webm', 'Zoë_水.webm']);
  assert.equal(new Recorder({ done() {}, Media: undefined }).isPossible, false);
});

test('a speaker has gone only where the page can know it', () => {
  const speaker = new Speaker();
  const at = (...ids) => ids.map((deviceId) => ({ kind: 'audiooutput', deviceId }));
  assert.equal(speaker.isGone(at('a')), false);
  speaker.id = 'b';
  assert.deepEqual([at('a'), at('a', 'b'), at(''), []].map((all) => speaker.isGone(all)), [true, false, false, false]);
});

test('a track is told as the browser has it', () => {
  const track = { kind: 'audio', label: 'mic', enabled: true, muted: false, readyState: 'live', getSettings: () => ({ channelCount: 2, sampleRate: 48000 }) };
  const facts = factsOf({ track, stream: { codec: 'audio/opus' }, remote: false });
  assert.deepEqual(Object.keys(facts), Object.keys(strings.call.inspector.columns));
  assert.deepEqual([facts.enabled, facts.muted, facts.remote, facts.channels, facts.rate, facts.codec], ['yes', 'no', 'no', 2, '48000 Hz', 'audio/opus']);
});

test('what a stranger says is text of a length', () => {
  assert.deepEqual([textOf('a👍b', 2), textOf(7, 9), textOf(null, 9)], ['a👍', '', '']);
});

test('what a stranger says is a moment that a clock can show', () => {
  const now = 1_790_000_000_000, most = now + 86_400_000;
  assert.deepEqual([0, now, most].map((at) => timeOf(at, now)), [0, now, most]);
  // The first is a safe integer, and no date.
  assert.deepEqual([9e15, most + 1, -1, 1.5, '7', undefined].map((at) => timeOf(at, now)), Array(6).fill(now));
});
