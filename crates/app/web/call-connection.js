// One peer connection of a call: descriptions by perfect negotiation, the channel `call` with its proof, and who carries what.
// PROTOCOLS.md 11. Another connection with the same member is another session.

import { equal, fromHex, toHex } from './digest.js';
import { Greeting, VERSION, fingerprintOf } from './proof.js';
import { Failure } from './strings.js';
import { trace } from './call-trace.js';
import { Comparison } from './call-words.js';

const MAX_TEXT = 64 * 1024;
const MAX_EARLY = 100;
const LAYERS = ['udp', 'ice', 'dtls', 'sctp', 'app'];

export class Connection {
  #nonce = crypto.getRandomValues(new Uint8Array(32));
  #theirNonce = null;
  #theirFingerprint = null;
  #early = [];
  #queue = Promise.resolve();
  #ourOffer = -1;
  /** The number of their last offer, if they count. */
  #theirOffer;
  #isOver = false;
  #screens = new Map();
  #role = null;
  #start = performance.now();
  /** How long each layer took to come up, in ms from the beginning of the session. */
  layers = {};
  proven = false;
  #comparison = new Comparison();
  /** What is read aloud, once both sides know it. */
  words = null;
  #greetedNow;
  /** Our own greeting has left. Nothing that comes is looked at before, however early it is there. */
  #greeted = new Promise((resolve) => { this.#greetedNow = resolve; });

  /**
   * `call`: {room, auth}; `me`: {member, hello()}; `say(body)` to the other side; `on`: changed(), hello(message),
   * message(message), file(channel), stuck(), failed(Failure), closed().
   */
  constructor({ session, isOfferer, isPolite, call, me, ice, certificate, say, on }) {
    Object.assign(this, { session, isOfferer, isPolite, call, me, say, on });
    this.pc = new RTCPeerConnection({ iceServers: ice, bundlePolicy: 'max-bundle', certificates: certificate ? [certificate] : undefined });
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#isUp('udp');
      this.say({
        candidate: candidate && { candidate: candidate.candidate, sdpMid: candidate.sdpMid, usernameFragment: candidate.usernameFragment },
        session,
      });
    };
    this.pc.onnegotiationneeded = () => { if (this.isOfferer || this.pc.remoteDescription) this.#do(() => this.#offer()); };
    this.pc.onconnectionstatechange = () => this.#stateChanged();
    this.pc.oniceconnectionstatechange = () => {
      if (['connected', 'completed'].includes(this.pc.iceConnectionState)) this.#isUp('ice');
      this.on.changed();
    };
    this.pc.ondatachannel = ({ channel }) => this.#take(channel);
    this.pc.ontrack = () => this.on.changed();
  }

  get state() { return this.pc.connectionState; }

  get isWorking() { return this.proven && this.pc.connectionState === 'connected'; }

  /** Whether `send` reaches the other side's queue. */
  get isOpen() { return this.proven && this.channel?.readyState === 'open'; }

  /** The first offer: voice, camera, channel, in this order. `tracks` as in `carry`. */
  start(tracks) {
    const streams = [new MediaStream()];
    this.voice = this.pc.addTransceiver('audio', { direction: 'sendrecv', streams });
    this.camera = this.pc.addTransceiver('video', { direction: 'sendrecv', streams });
    this.carry(tracks);
    this.#take(this.pc.createDataChannel('call'));
  }

  /** Takes a body from the other side; bodies are handled one after the other. */
  hear(body) {
    return this.#do(() => this.#hear(body));
  }

  /** What is sent from here on: `{voice, camera, screen, sound}`, each a track or null. The camera's may be a screen. */
  carry(tracks) {
    this.tracks = tracks;
    if (this.voice) this.#do(() => this.#carry());
  }

  /** Other addresses for the same connection. An offer that was never answered is taken back for a new one. */
  restart() {
    return this.#do(async () => {
      if (this.isWaiting && !this.pc.remoteDescription) { this.repeat(); return; }
      if (this.isWaiting) await this.pc.setLocalDescription({ type: 'rollback' });
      this.pc.restartIce();
    });
  }

  /** Says the last description again. */
  repeat() {
    if (this.pc.localDescription?.sdp) this.#describe();
  }

  /** Whether an offer of ours waits for its answer. */
  get isWaiting() { return this.pc.signalingState === 'have-local-offer'; }

  /** Over the channel; false if it is not there. */
  send(message) {
    if (!this.isOpen) return false;
    try { this.channel.send(JSON.stringify(message)); } catch { return false; }
    return true;
  }

  /** No more than this for a picture. */
  async limit(kbps) {
    const { sender } = this.camera ?? {};
    const parameters = sender?.getParameters();
    if (!parameters?.encodings?.length || parameters.encodings[0].maxBitrate === kbps * 1000) return;
    parameters.encodings[0].maxBitrate = kbps * 1000;
    // What a browser does not take goes on as it was.
    await sender.setParameters(parameters).catch((error) => console.debug(error));
  }

  /** The section that carries our screen. */
  get screenMid() { return this.#screens.get('screen')?.mid ?? null; }

  /** What comes: `{voice, camera, screen, sound}`; `mid` names the screen's section. */
  incoming(mid) {
    if (!this.proven) return {};
    const all = this.pc.getTransceivers(), ours = [...this.#screens.values()];
    const track = (transceiver) => transceiver?.receiver.track ?? null;
    const screen = mid === null ? null : all.find((transceiver) => transceiver.mid === mid && transceiver.receiver.track.kind === 'video');
    const sound = screen && all.find((transceiver) => transceiver !== this.voice && !ours.includes(transceiver)
      && transceiver.receiver.track.kind === 'audio' && ['recvonly', 'sendrecv'].includes(transceiver.currentDirection));
    return {
      voice: track(this.voice),
      camera: screen === this.camera ? null : track(this.camera),
      screen: track(screen),
      sound: track(sound),
      voiceMid: this.voice?.mid, cameraMid: this.camera?.mid,
    };
  }

  close() {
    this.#isOver = true;
    this.pc.close();
  }

  /** A layer is up, and so are those below it: the browser may tell of them later. */
  #isUp(layer) {
    const after = performance.now() - this.#start;
    for (const each of LAYERS.slice(0, LAYERS.indexOf(layer) + 1)) this.layers[each] ??= after;
  }

  #do(action) {
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#isOver) await action();
      } catch (error) {
        if (this.#isOver) return;
        if (!(error instanceof Failure)) {
          console.error(error);
          trace('error', { session: this.session, text: String(error) });
          // What cannot be changed any more can still be replaced.
          if (this.proven) { this.on.stuck(); return; }
        }
        this.#fail(error instanceof Failure ? error : new Failure('protocol'));
      }
    });
    return this.#queue;
  }

  #fail(failure) {
    if (this.#isOver) return;
    trace('failed', { session: this.session, why: failure.slug });
    this.on.failed(failure);
  }

  async #offer() {
    if (this.pc.signalingState !== 'stable') return;
    await this.pc.setLocalDescription();
    this.#ourOffer += 1;
    this.#describe();
  }

  #describe() {
    const { type } = this.pc.localDescription;
    let { sdp } = this.pc.localDescription;
    // Firefox, having taken an offer of its own back, may answer with the other role of DTLS than the one that it has, which
    // others must refuse (RFC 8842 §5.4).
    if (type === 'answer' && this.#role) sdp = sdp.replace(/^a=setup:\w+/gm, `a=setup:${this.#role}`);
    const offer = type === 'offer' ? this.#ourOffer : this.#theirOffer;
    this.say({ description: { type, sdp }, nonce: toHex(this.#nonce), member: this.me.member, session: this.session, offer });
  }

  async #hear(body) {
    if (body.description) await this.#hearDescription(body);
    else if (body.candidate !== undefined) await this.#hearCandidate(body.candidate);
    else if (body.resync) this.repeat();
  }

  async #hearDescription({ description: { type, sdp }, nonce, offer }) {
    const nonceBytes = fromHex(nonce, 32), fingerprint = typeof sdp === 'string' ? fingerprintOf(sdp) : null;
    if (!nonceBytes || !['offer', 'answer'].includes(type)) throw new Failure('protocol');
    // Another certificate would undo the proof.
    if (!fingerprint || (this.#theirFingerprint && !equal(fingerprint, this.#theirFingerprint))) { trace('other certificate'); return; }
    if (type === 'answer' && (!this.isWaiting || (offer ?? this.#ourOffer) !== this.#ourOffer)) return;
    if (type === 'offer') {
      if (this.pc.remoteDescription?.type === 'offer' && this.pc.remoteDescription.sdp === sdp && !this.isWaiting) { this.repeat(); return; }
      const isGlare = this.pc.signalingState !== 'stable';
      if (isGlare) trace('glare', { polite: this.isPolite });
      this.isIgnoring = isGlare && !this.isPolite;
      if (this.isIgnoring) return;
      this.#theirOffer = offer;
    }
    this.#theirNonce ??= nonceBytes;
    await this.pc.setRemoteDescription({ type, sdp });
    this.#theirFingerprint ??= fingerprint;
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
    if (type === 'offer') {
      this.#adopt();
      await this.#carry();
      await this.pc.setLocalDescription();
      this.#describe();
    } else {
      // What was to come beside voice and camera waited for this.
      await this.#carry();
    }
    this.#role ??= roleOf(this.isOfferer ? this.pc.remoteDescription.sdp : this.pc.localDescription.sdp, this.isOfferer);
    this.on.changed();
    this.#maybeGreet();
  }

  async #hearCandidate(candidate) {
    if (this.pc.remoteDescription) await this.#add(candidate);
    else if (this.#early.length < MAX_EARLY) this.#early.push(candidate);
  }

  async #add(candidate) {
    // One that this browser cannot read, or of an offer that was ignored, is one address less and no failure.
    try { await this.pc.addIceCandidate(candidate ?? undefined); } catch (error) { if (!this.isIgnoring) console.debug(error); }
  }

  /** Whoever answers sends in the sections that the offer made. */
  #adopt() {
    const first = (kind) => this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
    this.voice ??= first('audio');
    this.camera ??= first('video');
    for (const transceiver of [this.voice, this.camera]) {
      if (transceiver?.direction === 'recvonly' || transceiver?.direction === 'inactive') transceiver.direction = 'sendrecv';
    }
  }

  async #carry() {
    const { voice, camera, screen, sound } = this.tracks ?? {};
    await this.#put(this.voice, voice);
    await this.#put(this.camera, camera);
    await this.#putExtra('screen', 'video', screen);
    await this.#putExtra('sound', 'audio', sound);
  }

  async #put(transceiver, track = null) {
    if (transceiver && transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
  }

  /** A screen goes in a section of its own, which is made when it is first needed and kept for the next. */
  async #putExtra(name, kind, track = null) {
    let transceiver = this.#screens.get(name);
    if (!transceiver && track && this.pc.remoteDescription) {
      transceiver = this.pc.addTransceiver(kind, { direction: 'sendonly', streams: [new MediaStream()] });
      this.#screens.set(name, transceiver);
    }
    if (!transceiver) return;
    await this.#put(transceiver, track);
    const direction = track ? 'sendonly' : 'inactive';
    if (transceiver.direction !== direction) transceiver.direction = direction;
  }

  #take(channel) {
    if (channel.label.startsWith('file/') && this.proven) { this.on.file(channel); return; }
    if (channel.label !== 'call' || this.channel) { channel.close(); return; }
    this.channel = channel;
    channel.onopen = () => { this.#isUp('sctp'); this.on.changed(); this.#maybeGreet(); };
    channel.onclose = () => { if (!this.#isOver) this.on.closed(); };
    channel.onmessage = ({ data }) => this.#heard(data);
    if (channel.readyState === 'open') channel.onopen();
  }

  #maybeGreet() {
    if (this.channel?.readyState !== 'open' || !this.pc.remoteDescription || this.isGreeting) return;
    this.isGreeting = true;
    this.#greet();
  }

  async #greet() {
    try {
      if (this.call.auth) {
        this.expected = await Greeting.make(this.call.auth, {
          protocol: 'limpid-call/1',
          room: this.call.room,
          side: this.isOfferer ? 'offerer' : 'answerer',
          ourNonce: this.#nonce,
          theirNonce: this.#theirNonce,
          ourFingerprint: fingerprintOf(this.pc.localDescription.sdp),
          // The browser refuses any other certificate than this one.
          theirFingerprint: this.#theirFingerprint,
        });
      }
      const proof = this.expected ? this.expected.say().proof : null;
      const commit = await this.#comparison.commit();
      this.channel.send(JSON.stringify({ m: 'hello', v: [VERSION], proof, commit, ...this.me.hello() }));
      this.#greetedNow();
    } catch (error) {
      this.#fail(error instanceof Failure ? error : new Failure('connection-lost'));
    }
  }

  /** The first message is the greeting; what comes after it waits until that has been checked. */
  #heard(text) {
    this.heard = (this.heard ?? Promise.resolve()).then(async () => {
      if (this.#isOver) return;
      try {
        if (typeof text !== 'string' || text.length > MAX_TEXT) throw new Failure('protocol');
        let message;
        try { message = JSON.parse(text); } catch { throw new Failure('protocol'); }
        if (message === null || typeof message.m !== 'string') throw new Failure('protocol');
        if (this.proven && message.m === 'reveal') { await this.#compare(message); return; }
        if (this.proven) { this.on.message(message); return; }
        await this.#greeted;
        if (message.m !== 'hello' || !Array.isArray(message.v)) throw new Failure('protocol');
        if (this.call.auth) this.expected.hear(message);
        else if (!message.v.includes(VERSION)) throw new Failure('version');
        this.proven = true;
        this.#isUp('app');
        trace('proven', { session: this.session, verified: Boolean(this.expected) });
        this.on.hello(message);
        const reveal = this.#comparison.hear(message);
        if (reveal) this.send(reveal);
      } catch (error) {
        if (!(error instanceof Failure)) console.error(error);
        this.#fail(error instanceof Failure ? error : new Failure('protocol'));
      }
    });
  }

  /** The certificate of the other side, as hex. */
  get fingerprint() { return this.#theirFingerprint && toHex(this.#theirFingerprint); }

  async #compare(message) {
    const fingerprints = [fingerprintOf(this.pc.localDescription.sdp), this.#theirFingerprint];
    this.words = await this.#comparison.reveal(message, fingerprints, this.isOfferer);
    trace('words', { session: this.session });
    this.on.changed();
  }

  #stateChanged() {
    trace('state', { session: this.session, state: this.pc.connectionState });
    if (this.pc.connectionState === 'connected') this.#isUp('dtls');
    // With a path that works, it is the handshake that failed: one side refused the other's certificate.
    const hasPath = ['connected', 'completed'].includes(this.pc.iceConnectionState);
    if (this.pc.connectionState === 'failed' && !this.proven && hasPath) this.#fail(new Failure('fingerprint'));
    else this.on.changed();
  }
}

/** Our role of DTLS, as the first answer has it; `isTheirs`: it is the other side's. */
function roleOf(sdp, isTheirs) {
  const [, setup] = /^a=setup:(active|passive)/m.exec(sdp) ?? [];
  if (!setup) return null;
  return isTheirs === (setup === 'active') ? 'passive' : 'active';
}
