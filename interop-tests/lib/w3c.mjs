// What an interop peer does with the W3C API, the same in a browser page and in node: offer to an `/offer` endpoint and
// check every echo, or answer one and echo. Pure functions of an RTCPeerConnection class; nothing is imported, so that the
// text of this file can be evaluated in a page.

/** Bytes that both ends can compute: a small generator seeded with the message's number. */
export function pattern(seed, length) {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A chain of SHA-256 over chunks (secure contexts and node), or FNV-1a where there is no WebCrypto. */
export function chainHash() {
  const subtle = globalThis.crypto && globalThis.crypto.subtle;
  if (!subtle) {
    let h = 2166136261;
    return {
      async add(bytes) { for (const b of bytes) h = Math.imul(h ^ b, 16777619) >>> 0; },
      hex() { return 'fnv:' + h.toString(16); },
    };
  }
  let h = new Uint8Array(32);
  return {
    async add(bytes) {
      const both = new Uint8Array(32 + bytes.length);
      both.set(h);
      both.set(bytes, 32);
      h = new Uint8Array(await subtle.digest('SHA-256', both));
    },
    hex() { return 'sha256:' + [...h].map((b) => b.toString(16).padStart(2, '0')).join(''); },
  };
}

export function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: nothing after ${ms} ms`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function opened(channel) {
  return within(new Promise((resolve, reject) => {
    if (channel.readyState === 'open') return resolve();
    channel.onopen = () => resolve();
    channel.onerror = (e) => reject(new Error(String(e.error || e.message || e)));
  }), 20000, `channel ${channel.label}`);
}

export async function gathered(pc) {
  const start = Date.now();
  while (pc.iceGatheringState !== 'complete' && Date.now() - start < 5000) await new Promise((r) => setTimeout(r, 10));
}

/** Sends one message and waits for the same one back. */
export async function echoed(channel, message) {
  const back = new Promise((resolve) => { channel.onmessage = (e) => resolve(e.data); });
  channel.send(message);
  return within(back, 20000, 'echo');
}

export async function asBytes(data) {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof data.arrayBuffer === 'function') return new Uint8Array(await data.arrayBuffer());
  return new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
}

export function same(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** POSTs an offer; `edit` may rewrite it on its way (the DTLS role, a fingerprint). */
export async function exchange(pc, url, edit) {
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc);
  const sdp = edit ? edit(pc.localDescription.sdp) : pc.localDescription.sdp;
  const response = await fetch(url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ type: 'offer', sdp }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status} ${await response.text()}`);
  const answer = await response.json();
  await pc.setRemoteDescription(answer);
  return { answer, session: response.headers.get('location') };
}

/** Runs every case against an echo endpoint; gives `[{name, ok, ms, detail}]`. */
export async function offerTo(RTCPeerConnection, url, options = {}) {
  const results = [];
  const pc = new RTCPeerConnection(options.config || {});
  const run = async (name, body) => {
    if (options.only && !options.only.includes(name)) return;
    const start = Date.now();
    try {
      const detail = await body();
      results.push({ name, ok: true, ms: Date.now() - start, detail: detail || '' });
    } catch (error) {
      results.push({ name, ok: false, ms: Date.now() - start, detail: String((error && error.stack) || error) });
    }
  };
  const binary = (channel) => { try { channel.binaryType = 'arraybuffer'; } catch { /* not everywhere */ } return channel; };
  const main = binary(pc.createDataChannel('interop'));
  const negotiated = options.negotiated === false ? null
    : binary(pc.createDataChannel('agreed', { negotiated: true, id: 100 }));
  let session;
  await run('connect', async () => {
    const start = Date.now();
    ({ session } = await exchange(pc, url, options.edit));
    await opened(main);
    return `${Date.now() - start} ms`;
  });
  if (options.only ? !options.only.includes('connect') : results[0].ok) {
    await run('text', async () => {
      for (const text of ['hello', 'grüße 水 🌊', 'x'.repeat(1200), 'y'.repeat(65535)]) {
        if ((await echoed(main, text)) !== text) throw new Error(`text of ${text.length} came back changed`);
      }
    });
    await run('binary', async () => {
      for (const size of [1, 2, 1199, 1200, 1201, 16384, 65535, 65536]) {
        if (size > (options.maxMessage || 65536)) continue;
        const sent = pattern(size, size);
        if (!same(await asBytes(await echoed(main, sent)), sent)) throw new Error(`${size} bytes came back changed`);
      }
    });
    if (options.empty !== false) await run('empty', async () => {
      if ((await echoed(main, '')) !== '') throw new Error('an empty text came back changed');
      if ((await asBytes(await echoed(main, new Uint8Array(0)))).length !== 0) throw new Error('empty bytes came back changed');
    });
    if (options.maximum !== false) await run('maximum', async () => {
      const limit = pc.sctp && Number.isFinite(pc.sctp.maxMessageSize) ? pc.sctp.maxMessageSize : 65536;
      const size = Math.min(limit, options.maximum || limit);
      const sent = pattern(7, size);
      if (!same(await asBytes(await echoed(main, sent)), sent)) throw new Error(`${size} bytes came back changed`);
      return `${size} bytes`;
    });
    if (negotiated) await run('negotiated', async () => {
      await opened(negotiated);
      if ((await echoed(negotiated, 'agreed')) !== 'agreed') throw new Error('changed');
    });
    for (const [name, init] of [['unordered', { ordered: false }], ['retransmits-0', { ordered: false, maxRetransmits: 0 }],
      ['lifetime', { ordered: true, maxPacketLifeTime: 500 }]]) {
      if (options.partial === false && name !== 'unordered') continue;
      await run(name, async () => {
        const channel = binary(pc.createDataChannel(name, init));
        await opened(channel);
        const want = new Set();
        const all = new Promise((resolve) => {
          channel.onmessage = async (e) => { want.delete(typeof e.data === 'string' ? e.data : new TextDecoder().decode(await asBytes(e.data))); if (!want.size) resolve(); };
        });
        for (let i = 0; i < 50; i++) want.add(`${name} ${i}`);
        for (const text of [...want]) channel.send(text);
        await within(all, 10000, `${want.size} echoes`);
        channel.close();
      });
    }
    if (options.restart !== false) await run('ice-restart', async () => {
      const ufrag = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];
      const before = ufrag(pc.remoteDescription.sdp);
      pc.restartIce();
      await exchange(pc, new URL(session, url).href, options.edit);
      if (ufrag(pc.remoteDescription.sdp) === before) throw new Error('the answer kept its ufrag');
      if ((await echoed(main, 'after the restart')) !== 'after the restart') throw new Error('changed');
    });
    if (options.bulk) await run('bulk', () => bulk(pc, binary(pc.createDataChannel('bulk')), options.bulk));
  }
  const stats = pc.getStats ? [...(await pc.getStats()).values()] : [];
  const transport = stats.find((s) => s.type === 'transport') || {};
  results.push({ name: 'info', ok: true, ms: 0, info: true,
    detail: `tls ${transport.tlsVersion || '?'} ${transport.dtlsCipher || '?'} role ${transport.dtlsRole || '?'}` });
  pc.close();
  return results;
}

/** Sends `total` bytes to an echo and hashes both directions. */
export async function bulk(pc, channel, total) {
  await opened(channel);
  const size = 65536 > (pc.sctp && pc.sctp.maxMessageSize || 65536) ? 16384 : 65536;
  const sentHash = chainHash(), gotHash = chainHash();
  const queue = [];
  let got = 0, wake = () => {};
  channel.onmessage = (e) => { queue.push(e.data); wake(); };
  channel.bufferedAmountLowThreshold = 1 << 20;
  const start = Date.now();
  const sender = (async () => {
    for (let at = 0, n = 0; at < total; at += size, n++) {
      const chunk = pattern(n, Math.min(size, total - at));
      await sentHash.add(chunk);
      while (channel.bufferedAmount > 4 << 20) {
        await Promise.race([new Promise((r) => { channel.onbufferedamountlow = r; }), new Promise((r) => setTimeout(r, 200))]);
      }
      channel.send(chunk);
    }
  })();
  const receiver = (async () => {
    while (got < total) {
      while (!queue.length) await within(new Promise((r) => { wake = r; }), 20000, `byte ${got} of ${total}`);
      const bytes = await asBytes(queue.shift());
      await gotHash.add(bytes);
      got += bytes.length;
    }
  })();
  await Promise.all([sender, receiver]);
  if (sentHash.hex() !== gotHash.hex()) throw new Error(`sent ${sentHash.hex()}, got ${gotHash.hex()}`);
  const seconds = (Date.now() - start) / 1000;
  return `${(total / 1e6 / seconds).toFixed(1)} MB/s each way, ${gotHash.hex().slice(0, 23)}`;
}

/** Takes an offer and answers it; every channel echoes. `prepare(pc)` comes before the offer is set. Gives `{answer, pc}`. */
export async function answerAndEcho(RTCPeerConnection, offer, options = {}) {
  const pc = new RTCPeerConnection(options.config || {});
  const hook = (channel) => {
    try { channel.binaryType = 'arraybuffer'; } catch { /* not everywhere */ }
    channel.onmessage = (e) => channel.send(e.data);
  };
  pc.ondatachannel = (e) => hook(e.channel);
  for (const init of options.negotiated || []) hook(pc.createDataChannel('agreed', init));
  options.prepare?.(pc);
  await pc.setRemoteDescription(offer);
  await pc.setLocalDescription(await pc.createAnswer());
  await gathered(pc);
  return { answer: { type: 'answer', sdp: pc.localDescription.sdp }, pc };
}
