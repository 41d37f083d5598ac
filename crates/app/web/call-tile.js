// One person in the grid: picture or initial, name, verification, what is silent and why, how good the way is.

import { Badge } from './call-badge.js';
import { silence } from './call-silence.js';
import { strings } from './strings.js';
import { button, element, visible } from './ui.js';
import { WaterLine } from './water-line.js';

const words = strings.call;

/** Plays tracks in a video element; the element is given a new stream only if the tracks are others. */
export function play(video, ...tracks) {
  const wanted = tracks.filter(Boolean);
  const now = video.srcObject?.getTracks() ?? [];
  if (wanted.length === now.length && wanted.every((track) => now.includes(track))) return;
  video.srcObject = wanted.length > 0 ? new MediaStream(wanted) : null;
  if (video.srcObject && !video.muted) video.play().catch((error) => { if (error.name === 'NotAllowedError') video.dispatchEvent(new Event('blocked')); });
}

/** What all tiles have: a frame with the picture, the initial where there is none, and a caption. */
class Frame {
  constructor(testid) {
    // Firefox has the focus stop at every video, where there is nothing to do.
    this.video = element('video', { autoplay: true, playsinline: true, tabindex: -1, 'data-testid': testid });
    this.initial = element('span', { class: 'initial', 'aria-hidden': 'true' });
    this.name = element('bdi', { class: 'who' });
    this.facts = element('span', { class: 'facts-line' });
    this.silences = element('ul', { class: 'silences' });
    this.over = element('div', { class: 'over', role: 'status' });
    this.over.hidden = true;
    this.frame = element('div', { class: 'frame' }, this.initial, this.video, this.over);
    this.caption = element('div', { class: 'caption' }, element('p', {}, this.name, ' ', this.facts), this.silences);
    this.node = element('section', { class: 'tile' }, this.frame, this.caption);
  }

  call(name) {
    this.name.textContent = visible(name);
    this.initial.textContent = Array.from(name)[0]?.toUpperCase() ?? '?';
    this.node.setAttribute('aria-label', visible(name));
    this.video.setAttribute('aria-label', words.videoOf(visible(name)));
  }

  /** `mic`, `camera`: slugs of `silence`, or null. */
  silent(mic, camera) {
    const found = [['mic', mic], ['camera', camera]].filter(([, slug]) => slug);
    const key = found.join();
    if (this.said === key) return;
    this.said = key;
    this.silences.replaceChildren(...found.map(([what, slug]) => element('li', { 'data-silence': slug, 'data-what': what }, words.silence[what][slug])));
  }
}

/** One's own picture, mirrored for oneself alone. */
export class SelfTile extends Frame {
  constructor() {
    super('self-video');
    this.video.muted = true;
    this.node.classList.add('self');
    this.node.dataset.testid = 'call-self';
  }

  update(media, { name, mirrored }) {
    this.call(words.self);
    if (name) this.facts.textContent = visible(name);
    play(this.video, media.camera);
    this.video.classList.toggle('mirrored', mirrored);
    this.video.hidden = !media.camera;
    this.silent(silence({ state: media.micState, isMine: true }), silence({ state: media.cameraState, isMine: true }));
  }
}

/** Somebody else. */
export class PeerTile extends Frame {
  constructor(peer, speaker) {
    super('remote-video');
    Object.assign(this, { peer, speaker });
    speaker.add(this.video);
    this.badge = new Badge();
    this.words = element('bdi', { class: 'sas', 'data-testid': 'call-words' });
    this.same = button(words.sas.same, () => peer.compared(), { 'data-testid': 'call-words-same' });
    this.compare = element('p', { class: 'compare' }, words.sas.read, ' ', this.words, ' ', this.same);
    this.compare.hidden = true;
    this.caption.append(this.badge.node, this.compare);
    this.elapsed = element('span');
    this.retry = button(words.retry, () => peer.retry(), { 'data-testid': 'call-retry' });
    this.spinner = element('span', { class: 'spinner', 'aria-hidden': 'true' });
    // How far it has come, for eyes; who listens hears that it connects.
    this.line = new WaterLine(words.title);
    this.line.node.ariaHidden = 'true';
    this.over.append(this.spinner, this.elapsed, this.line.node, this.retry);
    this.unblock = button(words.blocked, () => { this.video.play().then(() => { this.unblock.hidden = true; }, () => {}); });
    this.unblock.hidden = true;
    this.frame.append(this.unblock);
    this.video.addEventListener('blocked', () => { this.unblock.hidden = false; });
    this.screen = null;
  }

  /** `measured`: the last sample of `measure`, or null. */
  update(measured = this.measured) {
    this.measured = measured;
    const { peer } = this, { connection, state } = peer;
    this.call(peer.name || words.someone);
    this.node.dataset.member = peer.member ?? '';
    this.node.dataset.session = connection?.session ?? '';
    this.node.dataset.met = peer.isMet;
    const { voice, camera, screen, sound, voiceMid, cameraMid } = connection?.incoming(state.screen) ?? {};
    play(this.video, voice, camera);
    this.video.classList.toggle('no-picture', !['on', 'muted'].includes(state.camera) || !camera);
    this.#showScreen(peer, screen, sound);
    this.facts.textContent = this.#facts().join(' · ');
    const quiet = (mid, way = 'in') => measured?.streams.find((stream) => stream.way === way && stream.mid === mid)?.quietFor ?? 0;
    const isKnown = peer.wasMet === true;
    this.silent(
      isKnown ? silence({ state: state.mic, quietFor: quiet(voiceMid) }) : null,
      isKnown && screen !== camera ? silence({ state: state.camera, quietFor: quiet(cameraMid) }) : null);
    const picture = measured?.streams.find(({ way, mid }) => way === 'in' && mid === cameraMid);
    this.video.dataset.frames = picture?.frames ?? 0;
    this.#showTrouble();
  }

  #facts() {
    const { peer } = this;
    const facts = [];
    if (peer.wasMet) facts.push(peer.isCompared ? words.sas.verified : peer.isVerified ? words.verifiedShort : words.unverified);
    if (peer.kind === 'native') facts.push(words.native);
    if (peer.isRecording) facts.push(`● ${words.recording}`);
    this.node.dataset.verified = peer.isVerified;
    this.node.dataset.kind = peer.kind;
    this.node.dataset.compared = peer.isCompared;
    this.compare.hidden = !peer.words;
    this.same.hidden = peer.isCompared;
    if (peer.words && this.words.textContent !== peer.words) this.words.textContent = peer.words;
    return facts;
  }

  #showScreen(peer, track, sound) {
    if (!track) {
      if (this.screen) { this.screen.video.srcObject = null; this.speaker.remove(this.screen.video); this.screen.node.remove(); this.screen = null; }
      return;
    }
    if (!this.screen) {
      this.screen = new Frame('remote-screen');
      this.screen.node.classList.add('screen');
      this.speaker.add(this.screen.video);
      this.node.before(this.screen.node);
    }
    this.screen.call(words.screenOf(peer.name || words.someone));
    play(this.screen.video, track, sound);
  }

  /** The last picture stays; what is being done about it is said over it. */
  #showTrouble() {
    const { brokenFor, connection, ladder, wasMet } = this.peer;
    const isBroken = wasMet && brokenFor >= 1000;
    this.over.hidden = wasMet === true && !isBroken;
    this.line.node.hidden = wasMet === true;
    for (const [layer, ms] of Object.entries(connection?.layers ?? {})) this.line.fill(layer, ms);
    this.node.dataset.path = !wasMet ? 'connecting' : ladder.isLost ? 'lost' : isBroken ? 'unstable' : 'good';
    this.retry.hidden = !ladder.isLost;
    this.spinner.hidden = ladder.isLost;
    const text = !wasMet ? words.connecting : ladder.isLost ? words.lost : words.reconnecting(Math.floor(brokenFor / 1000));
    if (this.elapsed.textContent !== text) this.elapsed.textContent = text;
  }

  remove() {
    this.#showScreen(this.peer, null);
    this.speaker.remove(this.video);
    this.video.srcObject = null;
    this.node.remove();
  }
}
