// Another member of the call: its connection (and, while a broken one is replaced, the next), what it says of itself, and the
// ladder that leads back to it.

import { Connection } from './call-connection.js';
import { Ladder } from './call-ladder.js';
import { trace } from './call-trace.js';
import { Failure } from './strings.js';

const MAX_EARLY = 100;
const TICK = 250;
// A channel that closes for a new session has its offer arrive within this.
const GRACE = 1_500;
// Without any path after this long, it counts as broken from the start.
const FIRST_PATH = 15_000;
// Sessions that may get stuck before it is given up.
const MOST_STUCK = 3;
const STATES = ['on', 'off', 'muted', 'none'];

export class CallPeer {
  #early = [];
  #timer = null;
  #isOver = false;
  #born = performance.now();
  name = '';
  kind = 'page';
  state = { mic: 'none', camera: 'none', screen: null };
  isRecording = false;
  /** The connection in use, and the one that is to replace it. */
  connection = null;
  next = null;

  /**
   * `setting`: {call, me, ice, certificate, tracks(), stateFor(connection), signal}; `on`: changed(peer), met(peer),
   * message(peer, message), file(peer, channel), gone(peer, reason), failed(peer, Failure), lost(peer).
   */
  constructor({ id, member = null, isPolite, setting, on }) {
    Object.assign(this, { id, member, isPolite, setting, on });
    this.ladder = new Ladder(isPolite);
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  get isVerified() { return Boolean(this.setting.call.auth && this.connection?.proven); }

  /** What both sides see, for people to read to each other. */
  get words() { return this.isMet ? this.connection.words : null; }

  /** They have, and it was the same: that holds as long as the certificate, which is the other side's for good. */
  get isCompared() { return this.isMet && this.#compared !== null && this.#compared === this.connection.fingerprint; }

  compared() {
    this.#compared = this.connection?.fingerprint ?? null;
    this.on.changed(this);
  }
  #compared = null;

  get isMet() { return this.connection?.proven === true; }

  /** For how long the path has been broken, in ms; 0: it works. */
  get brokenFor() { return this.ladder.since === null ? 0 : performance.now() - this.ladder.since; }

  get isWorking() { return this.connection?.isWorking === true; }

  /** The highest session there is. */
  get #session() { return (this.next ?? this.connection)?.session ?? -1; }

  /** We came second: we offer. */
  offer() {
    if (this.connection) this.renew();
    else (this.connection = this.#connect(0, true)).start(this.setting.tracks());
  }

  /** Another connection in place of the one that broke. */
  renew() {
    trace('renew', { member: this.member, session: this.#session + 1 });
    const next = this.#connect(this.#session + 1, true);
    this.#replaceNext(next);
    next.start(this.setting.tracks());
  }

  /** The person asks for it. */
  retry() {
    this.#act(this.ladder.retry(performance.now()));
  }

  nudge(why) {
    trace('nudge', { why, member: this.member });
    this.#act(this.ladder.nudge(performance.now(), why));
  }

  /** A body of signalling, or one that came over the channel. */
  hear(body) {
    if (body.bye) {
      // Once they have met, only what comes over the channel counts, unless that is gone.
      const end = () => { if (!this.isWorking) this.#end(body.bye); };
      // What this side is about to see for itself says more.
      if (body.bye === 'error' && !this.wasMet) setTimeout(end, GRACE);
      else end();
      return;
    }
    if (body.restart) { this.nudge('asked'); return; }
    if (body.resync) { (this.next ?? this.connection)?.hear(body); return; }
    const session = body.session ?? 0;
    if (body.description?.type === 'offer') this.#answerNew(session);
    const connection = [this.next, this.connection].find((each) => each?.session === session);
    if (connection) connection.hear(body);
    else if (body.candidate && session > this.#session && this.#early.length < MAX_EARLY) this.#early.push(body);
  }

  /** The other side goes on under another id of the server. */
  moved(id) {
    trace('moved', { member: this.member });
    this.id = id;
    this.hasLeft = false;
    const connection = this.next ?? this.connection;
    if (connection?.isWaiting) connection.repeat();
    if (this.ladder.since !== null) this.nudge('signalling');
  }

  carry() {
    const tracks = this.setting.tracks();
    this.connection?.carry(tracks);
    this.next?.carry(tracks);
    this.sayState();
  }

  /** Says what is sent, if that is news: the number of a screen's section, for one, is known only once it is agreed upon. */
  sayState() {
    if (!this.connection?.isOpen) return;
    const state = this.setting.stateFor(this.connection), text = JSON.stringify(state);
    if (this.#said === text) return;
    this.#said = text;
    this.send({ m: 'state', ...state });
  }
  #said = '';

  send(message) {
    return this.connection?.send(message) ?? false;
  }

  /** Leaves them, with a reason that they see. */
  leave(reason) {
    if (this.#isOver) return;
    this.send({ m: 'bye', reason });
    if (this.id) this.setting.signal.say(this.id, { bye: reason });
    this.#stop();
    setTimeout(() => this.#closeAll(), 200);
  }

  /** It is gone, without a word to it. */
  drop() {
    this.#stop();
    this.#closeAll();
  }

  #stop() {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #closeAll() {
    this.connection?.close();
    this.next?.close();
  }

  #end(reason) {
    if (this.#isOver) return;
    this.drop();
    this.on.gone(this, reason);
  }

  /** Makes room for an offer of a session that is not there yet. */
  #answerNew(session) {
    const crossing = [this.next, this.connection].find((each) => each?.session === session && each.isOfferer && !each.pc.remoteDescription);
    const isNew = session > this.#session || (crossing && this.isPolite);
    if (!isNew) return;
    const connection = this.#connect(session, false);
    connection.carry(this.setting.tracks());
    if (crossing && crossing === this.connection) { crossing.close(); this.connection = connection; }
    else if (!this.connection) this.connection = connection;
    else this.#replaceNext(connection);
    for (const body of this.#early.splice(0)) if (body.session === session) connection.hear(body);
  }

  #replaceNext(connection) {
    this.next?.close();
    this.next = connection;
  }

  #connect(session, isOfferer) {
    const { call, me, ice, certificate } = this.setting;
    trace('session', { member: this.member, session, offerer: isOfferer });
    const connection = new Connection({
      session, isOfferer, isPolite: this.isPolite, call, ice, certificate,
      me: { member: me.member, hello: () => ({ ...me.hello(), state: this.setting.stateFor(connection) }) },
      say: (body) => this.#say(body),
      on: {
        changed: () => this.#changed(connection),
        hello: (message) => this.#met(connection, message),
        message: (message) => this.#message(connection, message),
        file: (channel) => this.on.file(this, channel),
        stuck: () => this.#stuck(connection),
        failed: (failure) => this.#failed(connection, failure),
        closed: () => this.#closed(connection),
      },
    });
    return connection;
  }

  /** Over signalling, or over the channel while that is away. */
  #say(body) {
    const { signal } = this.setting;
    if ((!signal.isUp || !this.id) && this.connection?.isOpen) {
      trace('by channel', { what: body.description?.type ?? 'candidate' });
      this.connection.send({ m: body.description ? 'description' : 'candidate', ...body });
    } else if (this.id) {
      signal.say(this.id, body);
    }
  }

  #met(connection, message) {
    if (this.#isOver) return;
    if (this.member && message.member !== this.member && typeof message.member === 'string') trace('another member');
    this.member ??= textOf(message.member, 32);
    this.name = textOf(message.name, 64);
    this.kind = message.kind === 'native' ? 'native' : 'page';
    this.isRecording = message.recording === true;
    this.#take(message.state);
    const isFirst = !this.wasMet;
    this.wasMet = true;
    if (connection === this.next) {
      this.#isMute = false;
      this.connection.close();
      this.connection = connection;
      this.next = null;
      connection.carry(this.setting.tracks());
    }
    this.#said = '';
    this.#changed(connection);
    this.on.met(this, isFirst);
  }

  #message(connection, message) {
    if (message.m === 'state') { this.#take(message); this.on.changed(this); }
    else if (message.m === 'recording') { this.isRecording = message.on === true; this.on.changed(this); }
    else if (message.m === 'bye') this.#end(textOf(message.reason, 16));
    else if (message.m === 'description' || message.m === 'candidate') this.hear(message);
    else this.on.message(this, message);
  }

  #take(state) {
    const known = (value) => (STATES.includes(value) ? value : 'none');
    this.state = {
      mic: known(state?.mic), camera: known(state?.camera),
      screen: typeof state?.screen === 'string' ? state.screen.slice(0, 16) : null,
    };
  }

  /** A description that the browser did not take: another session instead, but not for ever. */
  #stuck(connection) {
    if (this.#isOver || connection !== this.connection || this.next) return;
    this.#renewals += 1;
    if (this.#renewals > MOST_STUCK) this.#failed(connection, new Failure('protocol'));
    else this.renew();
  }
  #renewals = 0;

  #failed(connection, failure) {
    if (this.#isOver) return;
    if (connection === this.next) { this.next.close(); this.next = null; return; }
    this.send({ m: 'bye', reason: 'error' });
    if (this.id) this.setting.signal.say(this.id, { bye: 'error' });
    this.drop();
    this.on.failed(this, failure);
  }

  #isMute = false;

  /** The channel is gone without a goodbye: a page that was closed, or a new session that the other side has begun. */
  #closed(connection) {
    trace('channel closed', { member: this.member });
    setTimeout(() => {
      if (connection !== this.connection || this.next) return;
      // A browser may close the channels of a path that it gave up.
      if (['disconnected', 'failed', 'connecting'].includes(connection.state)) this.#isMute = true;
      else this.#end('left');
    }, GRACE);
  }

  #changed(connection) {
    if (this.#isOver) return;
    const now = performance.now();
    this.sayState();
    if (connection === this.connection) {
      const { state } = connection;
      if (['disconnected', 'failed', 'closed'].includes(state)) {
        if (this.ladder.since === null) trace('broken', { member: this.member, state });
        this.ladder.broken(now);
      }
      if (connection.isWorking) this.#act(this.ladder.working());
    }
    this.on.changed(this);
  }

  #tick() {
    const now = performance.now();
    if (!this.wasMet && this.ladder.since === null && now - this.#born > FIRST_PATH) this.ladder.broken(now);
    this.#act(this.ladder.due(now));
    // A path that is back without its channel carries pictures, and nothing that is said of them.
    if (this.#isMute && this.isWorking) {
      this.#isMute = false;
      if (this.ladder.leads && !this.next) this.renew();
    }
  }

  #act(actions) {
    for (const action of actions) {
      trace(action === 'restart' || action === 'renew' ? `rung ${action}` : action, { member: this.member });
      if (action === 'restart') (this.next ?? this.connection)?.restart();
      else if (action === 'renew') this.renew();
      else if (action === 'ask' && this.id) this.setting.signal.say(this.id, { restart: true });
      else if (action === 'lost') {
        if (this.hasLeft || !this.wasMet) { this.#end('lost'); return; }
        this.on.lost(this);
      }
      this.on.changed(this);
    }
  }
}

/** A stranger's text, cut to a length. */
export function textOf(value, most) {
  return typeof value === 'string' ? Array.from(value).slice(0, most).join('') : '';
}

const DAY = 86_400_000;

/** A stranger's moment, in ms since 1970; what no clock can have shown is now. */
export function timeOf(value, now = Date.now()) {
  return Number.isSafeInteger(value) && value >= 0 && value <= now + DAY ? value : now;
}
