// Whole transfers between the page's two halves, over channels that race each other. Run: node --test crates/app/tests/web/
import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.isSecureContext = true;
const web = (name) => import(new URL(`../../web/${name}`, import.meta.url));
const { Sending } = await web('share-sending.js');
const { Receiving } = await web('share-receiving.js');
const { FIRST_CREDIT, chunkMessage } = await web('channel-messages.js');
const { Failure } = await web('strings.js');
const { groupHash } = await web('tree.js');
const { toHex } = await web('digest.js');

const MIB = 1 << 20;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
/** Waits until a count has stopped growing. */
async function quiet(count) {
  for (let last = -1, calm = 0; calm < 5; await pause(40)) {
    calm = count() === last ? calm + 1 : 0;
    last = count();
  }
}

/** Two ends of a channel. Messages wait while `held`. `alter(message)` may change one on its way. */
function channel(alter = (message) => message) {
  const make = () => ({ readyState: 'open', bufferedAmount: 0, onmessage: null, held: false, waiting: [] });
  const [a, b] = [make(), make()];
  for (const [from, to] of [[a, b], [b, a]]) {
    from.send = (message) => {
      const data = typeof message === 'string' ? message : alter(message.slice()).buffer;
      to.waiting.push(data);
      setImmediate(() => to.flush());
    };
    to.flush = () => { while (!to.held && to.waiting.length && to.onmessage) to.onmessage({ data: to.waiting.shift() }); };
  }
  return [a, b];
}

const bytes = (size, seed) => Uint8Array.from({ length: size }, (_, i) => (i * 2654435761 + seed) >>> 24);
const offered = (path, content) => ({ path, size: content.length, file: new Blob([content]) });

/** Keeps what is written, and takes the bytes for itself as a real sink may. */
function memorySink({ stall } = {}) {
  const files = [];
  return {
    files,
    begin: async ({ path }) => { files.push([path, []]); },
    write: async (part) => { await stall?.(); files.at(-1)[1].push(Buffer.from(structuredClone(part, { transfer: [part.buffer] }))); },
    end: async () => {},
    close: async () => {},
  };
}

function start(files, { alter, sink = memorySink(), choose = (all) => all } = {}) {
  const [sControl, rControl] = channel(), [sData, rData] = channel(alter);
  let receiving;
  const received = new Promise((resolve, reject) => {
    receiving = new Receiving({
      control: rControl, data: rData,
      on: { manifest: (all) => receiving.accept(choose(all), sink).then(resolve, reject), progress: () => {} },
    });
  });
  const sending = new Sending({ control: sControl, data: sData, maxMessageSize: 262144, files, on: { accepted: () => {}, progress: () => {} } });
  const sent = sending.run();
  sent.catch(() => {});
  received.catch(() => {});
  return { sent, received, sink, sControl, rControl, sData, rData, sending, receiving };
}

test('files of all sizes arrive whole, and both sides know the hash', async () => {
  const contents = [0, 1, 65536, MIB, MIB + 1, 10 * MIB + 3, 0].map((size, i) => bytes(size, i));
  const run = start(contents.map((content, i) => offered(`f${i}`, content)));
  const [sent, received] = await Promise.all([run.sent, run.received]);
  assert.equal(sent.hash, received.hash);
  run.sink.files.forEach(([path, parts], i) => assert.ok(path === `f${i}` && Buffer.concat(parts).equals(Buffer.from(contents[i])), path));
});

test('one file is known by its own hash', async () => {
  const content = bytes(1000, 1);
  const run = start([offered('a', bytes(5, 0)), offered('b', content)], { choose: ([, b]) => [b] });
  assert.equal((await run.received).hash, toHex(await groupHash(content)));
  await run.sent;
});

test('a damaged group comes again even if all credit was spent meanwhile', async () => {
  let chunks = 0;
  let held;
  const alter = (message) => {
    // From the first chunk on, hashes are late.
    if (chunks++ === 0) { message[20] ^= 1; held.held = true; }
    return message;
  };
  const contents = [bytes(400_000, 1), bytes(12 * MIB, 2)];
  const run = start(contents.map((content, i) => offered(`f${i}`, content)), { alter });
  held = run.rControl;
  await quiet(() => chunks);
  assert.ok(chunks * 65536 >= FIRST_CREDIT, String(chunks));
  held.held = false;
  run.rControl.flush();
  await Promise.all([run.sent, run.received]);
  assert.ok(Buffer.concat(run.sink.files[0][1]).equals(Buffer.from(contents[0])));
});

test('three times damaged is too often, on both sides', async () => {
  const alter = (message) => { message[20] ^= 1; return message; };
  const run = start([offered('a', bytes(100, 1))], { alter });
  await assert.rejects(run.received, { slug: 'integrity' });
  await assert.rejects(run.sent, { slug: 'integrity' });
});

test('a sink that stalls stops the sender at its credit', async () => {
  let release;
  const stalled = new Promise((resolve) => { release = resolve; });
  let sent = 0;
  const run = start([offered('a', bytes(12 * MIB, 1))], { sink: memorySink({ stall: () => stalled }), alter: (message) => { sent += message.length - 13; return message; } });
  await quiet(() => sent);
  assert.ok(sent <= FIRST_CREDIT && sent > FIRST_CREDIT - 65536, String(sent));
  release();
  await Promise.all([run.sent, run.received]);
  assert.equal(sent, 12 * MIB);
});

test('a sender that breaks the protocol is cut off', async () => {
  const cases = {
    'a gap': (message) => { message[12] = 1; return message; },
    'another file': (message) => { message[4] = 1; return message; },
    'beyond the end': (message) => Uint8Array.from([...message, 0]),
  };
  for (const [name, alter] of Object.entries(cases)) {
    const run = start([offered('a', bytes(100, 1)), offered('b', bytes(100, 2))], { alter });
    await assert.rejects(run.received, { slug: 'protocol' }, name);
    await assert.rejects(run.sent, { slug: 'protocol' }, name);
  }
  let chunks = 0;
  const count = (message) => { chunks += 1; return message; };
  const run = start([offered('a', bytes(12 * MIB, 1))], { alter: count, sink: memorySink({ stall: () => new Promise(() => {}) }) });
  await quiet(() => chunks);
  for (let i = 0; i < 2; i += 1) run.sData.send(chunkMessage(0, FIRST_CREDIT + i * 65536, new Uint8Array(65536)));
  await assert.rejects(run.sent, { slug: 'protocol' }, 'more than its credit');
});

test('the other side speaks of itself only', async () => {
  for (const [said, slug] of [['disk-full', 'disk-full'], ['fingerprint', 'peer-failed'], ['no such thing', 'peer-failed']]) {
    for (const [from, hears] of [['sControl', 'received'], ['rControl', 'sent']]) {
      const run = start([offered('a', bytes(12 * MIB, 1))]);
      run[from].send(JSON.stringify({ m: 'error', error: said }));
      await assert.rejects(run[hears], { slug }, `${said}, ${hears}`);
    }
  }
});

test('a connection that ends after all was written ends it well, and nothing else does', async () => {
  const files = [offered('a', bytes(5, 0))], lost = new Failure('connection-lost');
  const [whole, other, cut] = [start(files), start(files), start(files)];
  assert.equal(cut.receiving.abort(lost), false);
  await Promise.all([whole.received, other.received]);
  assert.equal(whole.receiving.abort(lost), true);
  assert.equal(other.receiving.abort(new Failure('integrity')), false);
});
