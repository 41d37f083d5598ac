// Signalling: a seat in a room. Comes back by itself when the socket breaks, with its token and what it had to say.

import { Failure } from './strings.js';

const SLUGS = ['no-such-room', 'code-used', 'expired', 'full', 'version', 'bad-proof', 'peer-left', 'rate', 'slow-consumer', 'goaway', 'auth'];
// Codes after which another attempt makes sense: rate, slow-consumer, goaway.
const PASSING = [4007, 4008, 4009];
// A call that goes on without its server can wait for it: silence and a full house pass, too.
const PATIENT_PASSING = [...PASSING, 4002, 4003];
const ATTEMPTS = 6;

export class Signal {
  #socket = null;
  #token = null;
  #you = null;
  #said = new Map();
  #heard = new Map();
  #unsaid = [];
  #attempts = 0;
  #ended = false;

  /**
   * `on`: joined({you, peers, ice}), peer(id, state, reason), body(from, body, gap), failed(Failure), and lost() when the socket
   * goes for a while.
   */
  constructor(room, role, on) {
    this.room = room;
    this.role = role;
    this.on = on;
    this.#dial();
  }

  /** From here on it never gives up, and comes back sooner. */
  bePatient() {
    this.#isPatient = true;
  }
  #isPatient = false;

  /** Whether what is said now leaves at once. */
  get isUp() {
    return this.#you !== null && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Dials now, if it waits for a while. */
  hurry() {
    if (this.#timer === null || this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#dial();
  }
  #timer = null;

  /** Says something to another member; kept and sent later while the socket is away. */
  say(to, body) {
    const n = this.#said.get(to) ?? 0;
    this.#said.set(to, n + 1);
    this.#unsaid.push({ t: 'to', to, n, body });
    if (this.#unsaid.length > 200) this.#unsaid.shift();
    this.#flush();
  }

  /** Leaves the room. */
  close() {
    this.#ended = true;
    this.#socket?.close(1000);
  }

  #dial() {
    const url = new URL('/ws', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, 'limpid.1');
    this.#socket = socket;
    this.#you = null;
    socket.onopen = () => {
      const join = { t: 'join', v: 1, room: this.room, role: this.role };
      if (this.#token) join.resume = this.#token;
      socket.send(JSON.stringify(join));
    };
    socket.onmessage = (event) => { if (socket === this.#socket) this.#hear(event.data); };
    socket.onclose = (event) => { if (socket === this.#socket) this.#closed(event.code); };
  }

  #hear(text) {
    let message;
    try { message = JSON.parse(text); } catch { return; }
    if (message.t === 'joined') {
      this.#attempts = 0;
      this.#token = message.resume;
      this.#you = message.you;
      if (this.#was !== null && this.#was !== message.you) this.#forget();
      this.#was = message.you;
      this.on.joined({ you: message.you, peers: message.peers, ice: message.ice ?? [] });
      this.#flush();
    } else if (message.t === 'peer') {
      if (message.state === 'left') { this.#said.delete(message.id); this.#heard.delete(message.id); }
      this.on.peer(message.id, message.state, message.reason);
    } else if (message.t === 'from' && message.body && typeof message.body === 'object') {
      const expected = this.#heard.get(message.from) ?? 0;
      this.#heard.set(message.from, Math.max(expected, message.n + 1));
      this.on.body(message.from, message.body, message.n > expected);
    }
  }

  /** Another seat: the numbers start anew, and nobody is where they were. */
  #forget() {
    this.#said.clear();
    this.#heard.clear();
    this.#unsaid = [];
  }
  #was = null;

  #flush() {
    if (this.#you === null || this.#socket.readyState !== WebSocket.OPEN) return;
    for (const message of this.#unsaid.splice(0)) this.#socket.send(JSON.stringify(message));
  }

  #closed(code) {
    this.#you = null;
    if (this.#ended) return;
    this.on.lost?.();
    const slug = SLUGS[code - 4000];
    this.#attempts += 1;
    const passing = this.#isPatient ? PATIENT_PASSING : PASSING;
    if ((slug && !passing.includes(code)) || (this.#attempts > ATTEMPTS && !this.#isPatient)) {
      this.#ended = true;
      this.on.failed(new Failure(slug ?? 'server-unreachable'));
      return;
    }
    // Full jitter, so that the pages of a server that restarts do not come back all at once.
    const most = Math.min(this.#isPatient ? 8_000 : 30_000, 500 * 2 ** (this.#attempts - 1));
    this.#timer = setTimeout(() => { this.#timer = null; if (!this.#ended) this.#dial(); }, Math.random() * most);
  }
}
