// Two peers of the page over connections that do what browsers may. Run: node --test crates/app/tests/web/
import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.isSecureContext = true;
globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};
const { Peer } = await import(new URL('../../web/peer.js', import.meta.url));

const fingerprint = (byte) => `a=fingerprint:sha-256 ${Array(32).fill(byte).join(':')}\r\n`;
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

/** Both channels of two connections; each end opens when it is told to. */
class Channel {
  readyState = 'connecting';
  #unheard = [];

  static pair(label) {
    const ends = [new Channel(), new Channel()];
    ends.forEach((end, i) => Object.assign(end, { label, far: ends[1 - i] }));
    return ends;
  }

  open() {
    this.readyState = 'open';
    this.onopen?.();
  }

  send(text) {
    assert.equal(this.readyState, 'open');
    setImmediate(() => this.far.onmessage({ data: text }));
  }
}

/** A connection whose channels open while it still takes the answer, as Chromium's may. */
class Connection {
  static all = [];
  signalingState = 'stable';
  localDescription = null;
  remoteDescription = null;

  constructor() {
    this.fingerprint = fingerprint(['AA', 'BB'][Connection.all.push(this) - 1]);
    this.channels = [];
  }

  createDataChannel(label) {
    const [ours, theirs] = Channel.pair(label);
    this.channels.push([ours, theirs]);
    return ours;
  }

  async setLocalDescription() {
    const type = this.remoteDescription ? 'answer' : 'offer';
    this.localDescription = { type, sdp: this.fingerprint };
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
  }

  async setRemoteDescription(description) {
    if (description.type === 'answer') {
      const answerer = Connection.all.find((other) => other !== this);
      for (const [ours, theirs] of this.channels) {
        theirs.readyState = 'open';
        answerer.ondatachannel({ channel: theirs });
        ours.open();
      }
      for (let i = 0; i < 5; i += 1) await turn();
    }
    this.remoteDescription = description;
    this.signalingState = 'stable';
  }

  async addIceCandidate() {}
  close() {}
}

test('channels that open before the answer is taken are greeted once it is', async () => {
  globalThis.RTCPeerConnection = Connection;
  const peers = {}, auth = new Uint8Array(32);
  const ends = ['offerer', 'answerer'].map((name) => new Promise((resolve) => {
    const other = name === 'offerer' ? 'answerer' : 'offerer';
    const say = (body) => setImmediate(() => peers[other].hear(body));
    const on = { ready: () => resolve('ready'), failed: (failure) => resolve(failure.slug) };
    peers[name] = new Peer({ room: 'room', auth, ice: [], say, on });
  }));
  await peers.offerer.offer();
  assert.deepEqual(await Promise.all(ends), ['ready', 'ready']);
});
