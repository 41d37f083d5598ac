// Before the call: what will be asked and why, how one looks and sounds, which devices, under which name.

import { DeviceMenus, recall, watchDevices } from './call-devices.js';
import { Meter, playTone } from './call-meter.js';
import { troubleText, unblockPicture } from './call-unblock.js';
import { strings } from './strings.js';
import { button, during, element } from './ui.js';

const words = strings.call;
const NAME = 'limpid-name';

export class Preview {
  #meter = null;
  #timer = null;

  /** `options`: {title, note, link, isInvited, media, speaker}; `on`: join({name}), decline(). */
  constructor(options, on) {
    Object.assign(this, options, { on });
    this.video = element('video', { class: 'self mirrored', 'aria-label': words.selfVideo, 'data-testid': 'call-preview', autoplay: true, playsinline: true, tabindex: -1 });
    this.video.muted = true;
    this.meter = element('meter', { min: 0, max: 1, value: 0, id: 'call-level', 'data-testid': 'call-level' });
    this.trouble = element('div', { role: 'status', class: 'trouble', 'data-testid': 'call-trouble' });
    this.allow = button(words.allow, () => this.#open(), { 'data-testid': 'call-allow' });
    this.tone = button(words.tone, () => this.#playTone(), { 'data-testid': 'call-tone' });
    this.name = element('input', { id: 'call-name', 'data-testid': 'call-name', autocomplete: 'name', maxlength: 64 });
    this.name.value = recallName();
    this.menus = new DeviceMenus({ media: this.media, speaker: this.speaker });
    const mirror = element('input', { type: 'checkbox', checked: true, 'data-testid': 'call-mirror' });
    mirror.addEventListener('change', () => { this.mirrored = mirror.checked; this.video.classList.toggle('mirrored', mirror.checked); });
    this.mirrored = true;
    this.node = this.#build(mirror);
    this.stopWatching = watchDevices({ found: () => {}, changed: () => this.menus.refresh() });
    this.#openIfAllowed();
  }

  #build(mirror) {
    const join = element('button', { type: 'submit', class: 'primary', 'data-testid': 'call-join' }, words.join);
    const muted = button(words.joinMuted, () => this.#join(true), { 'data-testid': 'call-join-muted' });
    const without = button(words.joinWithout, () => { this.media.stop(); this.#enter(); }, { 'data-testid': 'call-join-without' });
    const form = element('form', { class: 'join' },
      element('div', { class: 'field' }, element('label', { for: 'call-name' }, words.name), this.name),
      element('div', { class: 'row' }, join, muted, without,
        ...(this.isInvited ? [button(words.decline, () => this.on.decline(), { 'data-testid': 'call-decline' })] : [])));
    form.addEventListener('submit', (event) => { event.preventDefault(); this.#join(false); });
    return element('div', { class: 'preview' },
      element('h1', {}, this.title),
      ...(this.note ? [element('p', {}, this.note)] : []),
      element('p', {}, words.explain),
      element('div', { class: 'halves' },
        element('div', {},
          element('div', { class: 'frame' }, this.video),
          element('div', { class: 'field' }, element('label', { for: 'call-level' }, words.level), this.meter),
          element('div', { class: 'row' }, this.allow, this.tone),
          this.trouble,
          element('label', { class: 'switch' }, mirror, words.mirror)),
        element('div', {}, form, element('details', {}, element('summary', {}, words.devices), this.menus.node), ...(this.link ? [this.link] : []))),
      element('p', { class: 'soft' }, words.sees));
  }

  /** A device went away: that there is none is said by `mediaChanged`. */
  deviceEnded() {}

  /** Shows what there is. */
  mediaChanged() {
    const { camera, mic } = this.media;
    if (this.shown !== camera) {
      this.shown = camera;
      this.video.srcObject = camera ? new MediaStream([camera]) : null;
    }
    if (this.heard !== mic) {
      this.heard = mic;
      this.#meter?.stop();
      this.#meter = mic ? new Meter(mic) : null;
      this.#timer ??= setInterval(() => { this.meter.value = this.#meter?.level() ?? 0; }, 100);
    }
    this.allow.hidden = Boolean(camera && mic);
    const missing = Object.entries(this.media.missing);
    this.trouble.replaceChildren(...missing.map(([what, why]) => element('p', { 'data-missing': what, 'data-why': why },
      troubleText(what, why), ' ', words.stillJoin)));
    if (missing.some(([, why]) => why === 'denied')) this.trouble.append(unblockPicture());
  }

  close() {
    this.isOver = true;
    this.stopWatching();
    clearInterval(this.#timer);
    this.#meter?.stop();
    this.node.remove();
  }

  /** Where it was allowed before, nothing needs to be explained again. */
  async #openIfAllowed() {
    await recall(this.media, this.speaker);
    try {
      const states = await Promise.all(['camera', 'microphone'].map((name) => navigator.permissions.query({ name })));
      // Who has joined or declined meanwhile has chosen.
      if (!this.isOver && states.every(({ state }) => state === 'granted')) await this.#open();
    } catch { /* this browser does not tell */ }
  }

  async #open() {
    this.opening ??= during(this.allow, async () => {
      await this.media.open();
      if (this.isOver) return;
      const isHere = document.activeElement === this.allow;
      this.mediaChanged();
      // It goes once it has done all it can: the next thing is the name.
      if (isHere && this.allow.hidden) this.name.focus();
      await this.menus.refresh();
    }, words.asking);
    await this.opening;
    this.opening = null;
  }

  async #join(isMuted) {
    // Asked for here at the latest; whatever the answer is, the call begins.
    const has = this.media.mic && this.media.camera, wasAsked = Object.keys(this.media.missing).length > 0;
    if (!has && !wasAsked) await this.#open();
    this.media.mute(isMuted);
    this.#enter();
  }

  #enter() {
    if (this.isJoining) return;
    this.isJoining = true;
    const name = this.name.value.trim();
    try { localStorage.setItem(NAME, name); } catch { /* no store */ }
    this.on.join({ name: name || words.someone });
  }

  #playTone() {
    during(this.tone, () => playTone(this.speaker.id).catch((error) => console.warn(error)), words.playing);
  }
}

function recallName() {
  try { return localStorage.getItem(NAME) ?? ''; } catch { return ''; }
}
