// One peer connection: offer and answer through the room, two channels, the proof, and how long each layer took.

import { fromHex, toHex } from './digest.js';
import { Greeting, fingerprintOf } from './proof.js';
import { Failure } from './strings.js';

// Until both channels are open, once descriptions begin to flow.
const PATIENCE = 40_000;

export class Peer {
  #nonce = crypto.getRandomValues(new Uint8Array(32));
  #theirNonce = null;
  #early = [];
  #candidates = 0;
  #over = false;
  #start = performance.now();
  #timer = null;

  /** `say(body)` sends to the other member; `on`: layer(name, ms), ready(peer), failed(Failure). */
  constructor({ room, auth, ice, say, on }) {
    Object.assign(this, { room, auth, say, on });
    this.pc = new RTCPeerConnection({ iceServers: ice });
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#layer('udp');
      this.say({ candidate: candidate && { candidate: candidate.candidate, sdpMid: candidate.sdpMid, usernameFragment: candidate.usernameFragment } });
    };
    this.pc.oniceconnectionstatechange = () => {
      if (['connected', 'completed'].includes(this.pc.iceConnectionState)) this.#layer('ice');
    };
    this.pc.onconnectionstatechange = () => this.#stateChanged();
    this.pc.ondatachannel = ({ channel }) => this.#take(channel);
    this.#timer = setTimeout(() => this.fail(this.#whyNot()), PATIENCE);
    // A page that goes away says so, so that the other side need not find out by silence.
    addEventListener('pagehide', this.#leave);
  }

  #leave = () => this.pc.close();

  /** Who joins second makes the offer, and opens the channels. */
  async offer() {
    this.side = 'offerer';
    this.#take(this.pc.createDataChannel('control'));
    this.#take(this.pc.createDataChannel('data/0'));
    await this.#guard(async () => {
      await this.pc.setLocalDescription();
      this.#describe();
    });
  }

  /** Takes a body from the other side. Bodies are handled one after the other. */
  hear(body) {
    this.#queue = this.#queue.then(() => this.#guard(() => this.#hear(body)));
    return this.#queue;
  }
  #queue = Promise.resolve();

  /** Asks for what got lost. */
  resync() {
    this.say({ resync: true });
  }

  get isReady() {
    return this.control?.readyState === 'open' && this.data?.readyState === 'open' && this.proven === true;
  }

  /** Ends it with a reason for the other side. */
  close(bye) {
    if (!this.#stop()) return;
    if (bye) this.say({ bye });
    // Lets the last control message leave before the connection goes.
    setTimeout(() => this.pc.close(), 200);
  }

  /** Ends it well: waits a moment for the other side to close first, so that our last message arrives. */
  async finish() {
    if (!this.#stop()) return;
    await new Promise((resolve) => {
      this.control.onclose = resolve;
      setTimeout(resolve, 2000);
    });
    this.pc.close();
  }

  /** Ends it with a failure. */
  fail(failure) {
    if (this.#over) return;
    this.close('error');
    this.on.failed(failure);
  }

  /** False: it was over before. */
  #stop() {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    removeEventListener('pagehide', this.#leave);
    return true;
  }

  async #guard(action) {
    try {
      if (!this.#over) await action();
    } catch (error) {
      if (!(error instanceof Failure)) console.error(error);
      this.fail(error instanceof Failure ? error : new Failure('protocol'));
    }
  }

  async #hear(body) {
    if (body.description) {
      const { type, sdp } = body.description;
      const nonce = fromHex(body.nonce, 32);
      if (typeof sdp !== 'string' || !nonce) throw new Failure('protocol');
      // The first nonce counts: a description that is sent again carries the same one.
      this.#theirNonce ??= nonce;
      if (type === 'offer') this.side ??= 'answerer';
      if ((type === 'offer') !== (this.side === 'answerer')) throw new Failure('protocol');
      if (type === 'answer' && this.pc.signalingState !== 'have-local-offer') return;
      if (this.pc.remoteDescription?.sdp === sdp) { this.#describe(); return; }
      this.#candidates += (sdp.match(/^a=candidate:/gm) ?? []).length;
      await this.pc.setRemoteDescription({ type, sdp });
      for (const candidate of this.#early.splice(0)) await this.#add(candidate);
      if (type === 'offer') {
        await this.pc.setLocalDescription();
        this.#describe();
      }
    } else if (body.candidate !== undefined) {
      if (body.candidate?.candidate) this.#candidates += 1;
      if (this.pc.remoteDescription) await this.#add(body.candidate);
      else if (this.#early.length < 100) this.#early.push(body.candidate);
    } else if (body.resync) {
      if (this.pc.localDescription) this.#describe();
    } else if (body.bye && body.bye !== 'done' && !this.announced) {
      // Once the channels are up, only what comes over them counts.
      const failure = new Failure({ declined: 'declined', busy: 'full', cancelled: 'cancelled' }[body.bye] ?? 'peer-failed');
      // What this side is about to see for itself says more.
      setTimeout(() => this.fail(failure), 500);
    }
  }

  async #add(candidate) {
    // A candidate that this browser cannot read is one address less, no failure.
    try { await this.pc.addIceCandidate(candidate ?? undefined); } catch (error) { console.warn(error); }
  }

  #describe() {
    const { type, sdp } = this.pc.localDescription;
    this.say({ description: { type, sdp }, nonce: toHex(this.#nonce) });
  }

  #take(channel) {
    const name = { control: 'control', 'data/0': 'data' }[channel.label];
    if (!name || this[name]) return;
    this[name] = channel;
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => this.#opened();
    channel.onclose = () => this.fail(new Failure('connection-lost'));
    if (name === 'control') channel.onmessage = ({ data }) => this.#greet(data);
    if (channel.readyState === 'open') this.#opened();
  }

  #opened() {
    this.#layer('udp');
    this.#layer('ice');
    this.#layer('dtls');
    this.#layer('sctp');
    if (this.control?.readyState === 'open' && !this.greeting) this.greeting = this.#guard(() => this.#sayHello());
    this.#maybeReady();
  }

  async #sayHello() {
    // A browser may open channels before it tells that the answer is taken.
    await this.#queue;
    if (this.#over) return;
    const session = {
      room: this.room,
      side: this.side,
      ourNonce: this.#nonce,
      theirNonce: this.#theirNonce,
      ourFingerprint: fingerprintOf(this.pc.localDescription.sdp),
      // The browser refuses any other certificate than this one.
      theirFingerprint: fingerprintOf(this.pc.remoteDescription.sdp),
    };
    this.expected = await Greeting.make(this.auth, session);
    this.control.send(JSON.stringify(this.expected.say()));
  }

  /** The first message on the control channel; everything after it belongs to the transfer. */
  #greet(text) {
    const later = [];
    this.control.onmessage = ({ data }) => later.push(data);
    this.#guard(async () => {
      await this.greeting;
      if (this.#over) return;
      let message;
      try { message = JSON.parse(text); } catch { throw new Failure('protocol'); }
      this.expected.hear(message);
      this.proven = true;
      this.#layer('app');
      this.later = later;
      this.#maybeReady();
    });
  }

  #maybeReady() {
    if (!this.isReady || this.announced) return;
    this.announced = true;
    clearTimeout(this.#timer);
    this.on.ready(this);
    // What came between the proof and now.
    const handler = this.control.onmessage;
    for (const data of this.later.splice(0)) handler({ data });
  }

  #stateChanged() {
    if (this.pc.sctp?.transport?.state === 'connected') this.#layer('dtls');
    if (this.pc.connectionState !== 'failed') return;
    // With a path that works, it is the handshake that failed: one side refused the other's certificate.
    if (!this.announced && this.#hasPath()) this.fail(new Failure('fingerprint'));
    else this.fail(this.announced ? new Failure('connection-lost') : this.#whyNot());
  }

  #hasPath() {
    return ['connected', 'completed'].includes(this.pc.iceConnectionState);
  }

  #whyNot() {
    if (this.#hasPath()) return new Failure('handshake-timeout');
    return new Failure(this.#candidates === 0 ? 'no-candidates' : 'no-path');
  }

  #layer(name) {
    this.layers ??= new Map();
    if (this.layers.has(name)) return;
    const ms = performance.now() - this.#start;
    this.layers.set(name, ms);
    this.on.layer?.(name, ms);
  }
}
