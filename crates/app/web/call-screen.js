// The call itself: the grid, the buttons, the chat, and the panels for the curious.

import { Chat } from './call-chat.js';
import { Controls } from './call-controls.js';
import { DeviceMenus, PlugToast, watchDevices } from './call-devices.js';
import { CallFiles } from './call-files.js';
import { Grid } from './call-grid.js';
import { Inspector } from './call-inspector.js';
import { Recorder, download } from './call-recorder.js';
import { CallRoom, MOST_VIDEO } from './call-room.js';
import { StatsPanel } from './call-stats.js';
import { PushToTalk } from './call-talk.js';
import { trace } from './call-trace.js';
import { troubleText } from './call-unblock.js';
import { strings } from './strings.js';
import { holdPage } from './transfer-view.js';
import { button, clearError, during, element, showError, showState, visible } from './ui.js';

const words = strings.call;
// What is sent at most to each, by how many there are to send to.
const KBPS = [2500, 2500, 1200, 900, 600, 400];
/** How long those are waited for that may send video, before one's own is turned on. */
const LOOK_AROUND = 3_000;

export class CallScreen {
  /** `options`: {main, call, name, media, speaker, mirrored, link}; `on`: ended(text). */
  constructor(options, on) {
    Object.assign(this, options, { on });
    this.room = new CallRoom({ call: this.call, name: this.name, media: this.media, on: this.#roomEvents() });
    this.chat = new Chat({ me: this.room.member, on: { say: (text) => this.room.chat(text), files: (files) => this.#sendFiles(files) } });
    this.files = new CallFiles(this.chat);
    this.controls = new Controls(this.media, this.#controlEvents());
    this.grid = new Grid({ media: this.media, speaker: this.speaker, name: this.name, mirrored: this.mirrored, on: { sampled: (samples) => this.#sampled(samples) } });
    this.recorder = new Recorder({ done: download });
    this.controls.recording(false, this.recorder.isPossible);
    this.stats = new StatsPanel();
    this.inspector = new Inspector(this.media);
    this.menus = new DeviceMenus({ media: this.media, speaker: this.speaker, mayOpen: () => this.#hasRoom() });
    this.toast = new PlugToast(this.menus);
    this.note = element('p', { role: 'status', class: 'note', 'data-testid': 'call-status' }, words.joining);
    this.hint = element('p', { role: 'status', class: 'hint', 'data-testid': 'call-muted-hint' });
    this.hint.hidden = true;
    this.offer = element('div', { class: 'sheet', role: 'alert', 'data-testid': 'call-video-offer' });
    this.offer.hidden = true;
    this.red = element('p', { role: 'status', class: 'banner', 'data-testid': 'call-recording' });
    this.red.hidden = true;
    this.#build();
    this.stopWatching = watchDevices({ found: (device) => this.toast.found(device), changed: (all) => this.#devicesChanged(all) });
    this.talk = new PushToTalk(this.media, {
      hold: (isHeld) => { this.note.textContent = isHeld ? words.talking : words.youMuted; },
      hint: (isShown) => { this.hint.hidden = !isShown; this.hint.textContent = isShown ? words.youAreMuted : ''; },
    });
    this.release = holdPage();
    this.#join();
  }

  #build() {
    // The link stays in sight until somebody is there.
    this.invite = element('details', { class: 'sheet' }, element('summary', {}, words.invite), ...(this.link ? [this.link] : []));
    this.invite.open = true;
    this.main.classList.add('wide');
    const title = element('h1', { class: 'hidden-text', tabindex: -1, 'data-testid': 'call-title' }, words.title);
    this.main.replaceChildren(
      title,
      this.note, this.red, this.controls.banner, this.hint, this.toast.node, this.offer,
      element('div', { class: 'call' },
        element('div', {}, this.grid.node, this.controls.node, this.controls.choices, element('p', { class: 'soft' }, words.holdToTalk)),
        element('div', {}, this.invite, this.chat.node)),
      this.stats.node, this.inspector.node,
      element('details', { class: 'sheet', 'data-testid': 'call-devices' }, element('summary', {}, words.devices), this.menus.node));
    // The button that led here is gone, and with it the focus.
    title.focus();
    showState(strings.connecting);
  }

  async #join() {
    try {
      await this.room.join();
    } catch (error) {
      console.error(error);
      showError('unexpected');
    }
  }

  /** The media changed: called by whoever owns it. */
  mediaChanged(what) {
    if (what === 'tracks') this.room.carry();
    else this.room.sayState();
    this.controls.update();
    this.grid.update();
    this.recorder.update(this.#sources());
  }

  /** Everybody's voice and picture, as they are recorded. */
  #sources() {
    const peers = this.room.peers.map((peer) => {
      const { voice, camera } = peer.connection?.incoming(peer.state.screen) ?? {};
      return { key: peer.member ?? peer, name: peer.name, tracks: [voice, camera] };
    });
    return [{ key: 'self', name: this.name, tracks: [this.media.mic, this.media.camera] }, ...peers];
  }

  #record() {
    const isOn = !this.recorder.isOn;
    // First it is said, then it is done.
    this.room.record(isOn);
    if (isOn) this.recorder.start(this.#sources());
    else this.recorder.stop();
    this.controls.recording(isOn, true);
    this.red.hidden = !isOn;
    this.red.textContent = isOn ? `● ${words.youRecord}` : '';
  }

  /** Another one, if there is one: a call must not fall silent for an unplugged headset. */
  async deviceEnded(name) {
    const label = await this.media.replace(name);
    this.toast.say(label === null ? words.plug.none[name] : words.plug.replaced(words.things[name], visible(label)));
    await this.menus.refresh();
  }

  /** The lists of devices differ. */
  #devicesChanged(all) {
    if (this.speaker.isGone(all)) {
      this.speaker.choose('');
      this.toast.say(words.plug.speaker);
    }
    this.menus.refresh();
  }

  hangUp() {
    this.room.leave(this.room.peers.some(({ wasMet }) => wasMet) || this.wasMet ? 'done' : 'cancelled');
    this.close();
    this.on.ended(words.end.you);
  }

  close() {
    clearTimeout(this.looking);
    this.stopWatching();
    this.talk.close();
    this.recorder.stop();
    this.grid.close();
    this.release();
    this.main.classList.remove('wide');
  }

  #roomEvents() {
    return {
      joined: (count) => this.#joined(count),
      full: () => { this.close(); this.on.ended('', 'call-full'); },
      came: () => { this.#say(words.cameBy); },
      peer: (peer) => { this.grid.peer(peer); this.#heardState(peer); this.recorder.update(this.#sources()); },
      met: (peer, isFirst) => this.#met(peer, isFirst),
      chat: (chat) => this.chat.show(chat),
      file: (peer, channel) => this.files.take(peer, channel),
      gone: (peer, reason) => this.#gone(peer, reason),
      turnedDown: (reason) => this.#say((words.gone[reason] ?? words.gone.left)(words.someone)),
      failed: (peer, failure) => this.#failed(peer, failure),
      lost: (peer) => this.#say(words.gone.lost(visible(peer.name))),
      signalling: (isUp) => { this.isAway = !isUp; this.#state(); },
      network: (isThere) => {
        // Said once, and taken back: the ladders say the rest.
        if (!isThere || this.isOffNet) this.#say(isThere ? words.networkBack : words.noNetwork);
        this.isOffNet = !isThere;
      },
    };
  }

  #controlEvents() {
    return {
      mute: () => this.#toggleMic(),
      camera: () => during(this.controls.camera, () => this.#toggleCamera()),
      share: (how) => during(this.controls.share, () => this.#share(how)),
      stopShare: () => this.media.stopShare(),
      hint: (hint) => this.media.setHint(hint),
      record: () => this.#record(),
      hangup: () => this.hangUp(),
    };
  }

  #joined(count) {
    this.#say(count === 0 ? words.waiting : words.joining);
    if (count < MOST_VIDEO || !this.media.camera) return;
    // There may be too many cameras for one more: that is known once they have said so.
    this.media.closeCamera();
    this.media.wantsCamera = true;
    this.looking = setTimeout(() => { if (this.#hasRoom()) this.media.openCamera(); }, LOOK_AROUND);
  }

  #toggleMic() {
    const { media } = this;
    if (!media.mic) { during(this.controls.mute, () => this.#openMic()); return; }
    media.mute(!media.isMuted);
    this.#say(media.isMuted ? words.youMuted : words.youUnmuted);
  }

  /** Of somebody who came without one, and wants to be heard. */
  async #openMic() {
    const { media } = this;
    media.mute(false);
    this.#say(await media.openMic(media.micId) ? words.youUnmuted : troubleText('mic', media.missing.mic));
    this.menus.refresh();
  }

  async #toggleCamera() {
    const { media } = this;
    clearTimeout(this.looking);
    if (media.camera) media.closeCamera();
    else if (this.#hasRoom() && !await media.openCamera()) this.#say(troubleText('camera', media.missing.camera));
    this.menus.refresh();
  }

  /** Whether one more may send pictures; if not, says why. */
  #hasRoom() {
    const others = this.room.peers.length, videos = this.room.videoCount;
    const isFree = videos < MOST_VIDEO || this.media.screen || this.media.camera;
    trace('video', { videos, isFree: Boolean(isFree) });
    this.offer.hidden = Boolean(isFree);
    if (!isFree) {
      const kbps = KBPS[Math.min(others, KBPS.length - 1)];
      this.offer.replaceChildren(element('h2', {}, words.offer.title), element('p', {}, words.offer.why(kbps, others)),
        button(words.offer.stay, () => { this.media.wantsCamera = false; this.offer.hidden = true; this.room.sayState(); }, { 'data-testid': 'call-stay-audio' }));
    }
    return Boolean(isFree);
  }

  async #share(how) {
    if (!this.#hasRoom()) return;
    try {
      await this.media.share(how);
    } catch (error) {
      // Whoever changes their mind has seen why.
      if (error.name !== 'NotAllowedError') console.warn(error);
    }
  }

  #sendFiles(files) {
    const peers = this.room.peers.filter(({ connection }) => connection?.isOpen);
    if (peers.length === 0) this.chat.note(words.chat.nobody);
    else if (files.length > 0) this.files.send(peers, files);
  }

  #met(peer, isFirst) {
    clearError();
    this.wasMet = true;
    if (isFirst) {
      this.#say(words.came(visible(peer.name)));
      this.invite.open = false;
    }
    this.#limit();
    this.#state();
  }

  #gone(peer, reason) {
    this.grid.gone(peer);
    this.files.gone(peer);
    this.recorder.update(this.#sources());
    const text = (words.gone[reason] ?? words.gone.left)(visible(peer.name || words.someone));
    this.#say(text);
    this.note.dataset.reason = reason;
    this.chat.note(text);
    if (this.room.peers.length === 0) this.invite.open = true;
    this.#limit();
    this.#state();
  }

  #failed(peer, failure) {
    if (peer) { this.grid.gone(peer); this.files.gone(peer); }
    else { this.close(); this.room.leave('error'); }
    if (peer) showError(failure.slug, words.fault);
    else this.on.ended('', failure.slug);
    this.#state();
  }

  /** What somebody else does with their microphone is read out. */
  #heardState(peer) {
    if (peer.wasMet && peer.saidMic !== undefined && peer.saidMic !== peer.state.mic) {
      const say = words.says.mic[peer.state.mic];
      if (say) this.#say(say(visible(peer.name)));
    }
    if (peer.wasMet) peer.saidMic = peer.state.mic;
    if (peer.wasMet && Boolean(peer.saidRecording) !== peer.isRecording) {
      peer.saidRecording = peer.isRecording;
      this.#say(words.says.recording[peer.isRecording](visible(peer.name)));
    }
    this.#state();
  }

  #sampled(samples) {
    this.stats.show(samples);
    this.inspector.show(samples);
  }

  #limit() {
    const { peers } = this.room;
    for (const { connection } of peers) connection?.limit(KBPS[Math.min(peers.length, KBPS.length - 1)]);
  }

  #state() {
    const met = this.room.peers.filter(({ isMet }) => isMet);
    const parts = [met.length > 0 ? words.inCall(met.length) : this.isAway ? strings.notConnected : strings.waitingState];
    if (met.length > 0) parts.push(met.every(({ isVerified, isCompared }) => isVerified || isCompared) ? strings.transfer.verifiedShort : words.unverified);
    if (this.isAway) parts.push(words.offline);
    const text = parts.join(' · ');
    if (document.getElementById('state').textContent !== text) showState(text);
    this.main.dataset.signalling = this.isAway ? 'away' : 'up';
  }

  #say(text) {
    delete this.note.dataset.reason;
    this.note.textContent = text;
  }
}
