// The mesh of a call: who is in it, under which ids of the server, and what all of them are told. No page elements here.

import { NetworkWatch } from './call-network.js';
import { CallPeer, textOf, timeOf } from './call-peer.js';
import { trace } from './call-trace.js';
import { toHex } from './digest.js';
import { Signal } from './signal.js';

/** Members with a camera or a screen; members in all. */
export const MOST_VIDEO = 4;
export const MOST_MEMBERS = 6;
const MOST_CHATS = 50;
const PAGE = 48 * 1024;
// How long somebody has to answer `here` before it is offered to as if it were new.
const HERE_PATIENCE = 3_000;

const randomId = (bytes) => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

export class CallRoom {
  #peers = new Set();
  #you = null;
  #heres = new Map();
  #former = new Set();
  #isOver = false;
  chats = [];
  isRecording = false;
  member = randomId(16);

  /**
   * `call`: {room, auth}; `media`: a LocalMedia; `on`: joined(count), full(), came(), peer(peer), met(peer, isFirst), chat(chat),
   * file(peer, channel), gone(peer, reason), turnedDown(reason), failed(peer | null, Failure), lost(peer), signalling(isUp),
   * network(isThere).
   */
  constructor({ call, name, media, on }) {
    Object.assign(this, { call, name, media, on });
  }

  get peers() { return [...this.#peers]; }

  /** Takes a seat; resolves once the certificate is there and the server is being called. */
  async join() {
    // One certificate for all connections of this page, so that a new one towards the same member needs no new trust.
    this.certificate = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' });
    if (this.#isOver) return;
    this.signal = new Signal(this.call.room, 'call', {
      joined: (seat) => this.#joined(seat),
      peer: (id, state, reason) => this.#peerChanged(id, state, reason),
      body: (from, body, gap) => this.#hear(from, body, gap),
      failed: (failure) => this.on.failed(null, failure),
      lost: () => { trace('signalling lost'); this.on.signalling(false); },
    });
    addEventListener('pagehide', this.#hide);
    this.network = new NetworkWatch((why) => this.#network(why));
  }

  /** Hangs up: everybody sees why. */
  leave(reason = 'done') {
    if (this.#isOver) return;
    this.#isOver = true;
    trace('leave', { reason });
    for (const peer of this.#peers) peer.leave(reason);
    this.#peers.clear();
    removeEventListener('pagehide', this.#hide);
    this.network?.close();
    // Lets what was said leave first.
    setTimeout(() => this.signal?.close(), 150);
  }

  /** Tells everybody in the room that this one does not come, and goes. */
  static decline(call) {
    const signal = new Signal(call.room, 'call', {
      joined: ({ peers }) => { for (const id of peers) signal.say(id, { bye: 'declined' }); setTimeout(() => signal.close(), 200); },
      peer: () => {}, body: () => {}, failed: () => {},
    });
  }

  /** What is sent has changed. */
  carry() {
    for (const peer of this.#peers) peer.carry();
  }

  /** Only what is said of it has. */
  sayState() {
    for (const peer of this.#peers) peer.sayState();
  }

  /** Nobody is written down without being told. */
  record(isOn) {
    this.isRecording = isOn;
    for (const peer of this.#peers) peer.send({ m: 'recording', on: isOn });
  }

  /** Says something to everybody. */
  chat(text) {
    const chat = { id: randomId(8), member: this.member, name: this.name, at: Date.now(), text };
    this.#keep(chat);
    for (const peer of this.#peers) peer.send({ m: 'chat', ...chat });
    this.on.chat(chat);
  }

  /** Members that send pictures, without this one. */
  get videoCount() {
    return this.peers.filter(({ state }) => ['on', 'muted'].includes(state.camera) || state.screen !== null).length;
  }

  // A page that goes away closes its connections, so that the others need not find out by silence.
  #hide = () => { for (const peer of this.#peers) peer.drop(); };

  #network(why) {
    trace('network', { why });
    if (why !== 'wake') this.on.network(why !== 'offline');
    if (why === 'offline') return;
    this.signal.hurry();
    this.#nudge(why);
  }

  #nudge(why) {
    for (const peer of this.#peers) if (peer.wasMet) peer.nudge(why);
  }

  #joined({ you, peers, ice }) {
    const isBack = this.#you === you, isFirst = this.#you === null;
    this.#you = you;
    this.ice = ice;
    trace('joined', { others: peers.length, again: !isFirst, sameSeat: isBack });
    this.on.signalling(true);
    if (isFirst && peers.length >= MOST_MEMBERS) { this.#isOver = true; this.signal.close(); this.on.full(); return; }
    if (isFirst) {
      this.signal.bePatient();
      this.on.joined(peers.length);
      for (const id of peers) this.#add(id, null, true).offer();
    } else if (isBack) {
      this.#nudge('signalling');
    } else {
      this.#reseat(peers);
    }
  }

  /** A server that knew nothing of us: all ids are new. */
  #reseat(ids) {
    for (const peer of this.#peers) peer.id = null;
    for (const id of ids) {
      if (this.#peers.size === 0) { this.#add(id, null, true).offer(); continue; }
      this.signal.say(id, { here: { member: this.member, reply: false } });
      this.#heres.set(id, setTimeout(() => this.#unanswered(id), HERE_PATIENCE));
    }
  }

  #unanswered(id) {
    this.#heres.delete(id);
    if (!this.#isOver && !this.#byId(id)) this.#add(id, null, true).offer();
  }

  #peerChanged(id, state, reason) {
    trace('seat', { state, reason });
    if (state === 'joined') { this.on.came(); return; }
    clearTimeout(this.#heres.get(id));
    this.#heres.delete(id);
    this.#former.delete(id);
    const peer = this.#byId(id);
    if (!peer) return;
    peer.hasLeft = true;
    peer.id = null;
    // A call does not end with its seat: only one that does not work any more, or never did.
    if (!peer.isWorking && (reason === 'closed' || !peer.wasMet)) { peer.drop(); this.#gone(peer, 'left'); }
  }

  #hear(from, body, gap) {
    if (this.#isOver) return;
    if (body.here) { this.#hearHere(from, body.here); return; }
    let peer = this.#byId(from) ?? this.#known(from, body.member);
    if (!peer && body.bye) {
      // Who hung up over the channel says it here too, in case that was broken.
      if (!this.#former.has(from)) this.on.turnedDown(textOf(body.bye, 16));
      return;
    }
    if (!peer) {
      if (body.description?.type !== 'offer') return;
      if (this.#peers.size >= MOST_MEMBERS) { this.signal.say(from, { bye: 'busy' }); return; }
      peer = this.#add(from, typeof body.member === 'string' ? body.member : null, false);
    }
    if (gap) this.signal.say(from, { resync: true });
    peer.hear(body);
  }

  #hearHere(from, { member, reply }) {
    const wasAsked = this.#heres.has(from);
    clearTimeout(this.#heres.get(from));
    this.#heres.delete(from);
    if (!reply) this.signal.say(from, { here: { member: this.member, reply: true } });
    const isKnown = this.#byId(from) ?? this.#known(from, member);
    if (!isKnown && wasAsked) this.#add(from, null, true).offer();
  }

  /** The peer that this is under a new id, if it is one of ours. */
  #known(id, member) {
    const peer = typeof member === 'string' && this.peers.find((each) => each.member === member);
    if (!peer) return null;
    peer.moved(id);
    return peer;
  }

  #byId(id) {
    return this.peers.find((peer) => peer.id === id);
  }

  #add(id, member, isPolite) {
    const { call, signal, certificate, ice } = this;
    const peer = new CallPeer({
      id, member, isPolite,
      setting: {
        call, signal, certificate, ice,
        me: { member: this.member, hello: () => ({ member: this.member, name: this.name, kind: 'page', recording: this.isRecording }) },
        tracks: () => this.media.tracks,
        stateFor: (connection) => this.media.stateFor(connection),
      },
      on: {
        changed: (each) => this.on.peer(each),
        met: (each, isFirst) => this.#met(each, isFirst),
        message: (each, message) => this.#message(each, message),
        file: (each, channel) => this.on.file(each, channel),
        gone: (each, reason) => this.#gone(each, reason),
        failed: (each, failure) => { this.#peers.delete(each); this.on.failed(each, failure); },
        lost: (each) => this.on.lost(each),
      },
    });
    this.#peers.add(peer);
    this.on.peer(peer);
    return peer;
  }

  #met(peer, isFirst) {
    // Somebody that came back as a stranger (another page of theirs, or a server between us) is there once.
    for (const twin of this.peers) {
      if (twin !== peer && twin.member === peer.member) { twin.drop(); this.#gone(twin, 'left'); }
    }
    // Our greeting may be older.
    if (this.isRecording) peer.send({ m: 'recording', on: true });
    if (isFirst) this.#sayHistory(peer);
    this.on.met(peer, isFirst);
  }

  #sayHistory(peer) {
    let page = [], length = 0;
    for (const chat of this.chats) {
      const size = JSON.stringify(chat).length * 3;
      if (page.length > 0 && length + size > PAGE) { peer.send({ m: 'history', chats: page }); page = []; length = 0; }
      page.push(chat);
      length += size;
    }
    if (page.length > 0) peer.send({ m: 'history', chats: page });
  }

  #message(peer, message) {
    if (message.m === 'chat') this.#hearChat({ ...message, member: peer.member, name: peer.name });
    else if (message.m === 'history' && Array.isArray(message.chats)) for (const chat of message.chats.slice(-MOST_CHATS)) this.#hearChat(chat);
  }

  #hearChat(raw) {
    const chat = {
      id: textOf(raw?.id, 32), member: textOf(raw?.member, 32), name: textOf(raw?.name, 64), text: textOf(raw?.text, 4000),
      at: timeOf(raw?.at),
    };
    // Nobody tells us what we have said.
    const isForged = chat.member === this.member;
    if (isForged || chat.id === '' || chat.text === '' || this.chats.some(({ id }) => id === chat.id)) return;
    this.#keep(chat);
    this.on.chat(chat);
  }

  #keep(chat) {
    this.chats.push(chat);
    this.chats.sort((a, b) => a.at - b.at);
    if (this.chats.length > MOST_CHATS) this.chats.shift();
  }

  #gone(peer, reason) {
    if (!this.#peers.delete(peer)) return;
    this.#former.add(peer.id);
    trace('gone', { member: peer.member, reason });
    this.on.gone(peer, reason);
  }
}
