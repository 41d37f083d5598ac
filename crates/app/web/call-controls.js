// The row of buttons under a call. What each does is said in words, and read out as pressed or not.

import { strings } from './strings.js';
import { button, element } from './ui.js';

const words = strings.call;

export class Controls {
  /** `on`: mute(), camera(), share({replaces, hint}), stopShare(), hint(hint), record(), hangup(). */
  constructor(media, on) {
    Object.assign(this, { media, on });
    this.mute = button(words.mute, () => on.mute(), { 'data-testid': 'call-mute' });
    this.camera = button(words.cameraOff, () => on.camera(), { 'data-testid': 'call-camera' });
    this.share = button(words.share, () => (media.screen ? on.stopShare() : on.share(this.#how)), { 'data-testid': 'call-share-screen' });
    this.how = this.#select('call-share-how', words.shareHow, [['beside', words.shareBeside], ['instead', words.shareInstead]]);
    this.hint = this.#select('call-share-hint', words.hint, [['detail', words.detail], ['motion', words.motion]]);
    this.hint.select.addEventListener('change', () => on.hint(this.hint.select.value));
    this.record = button(words.record, () => on.record(), { 'data-testid': 'call-record' });
    this.hangup = button(words.hangup, () => on.hangup(), { class: 'danger', 'data-testid': 'call-hangup' });
    this.node = element('div', { class: 'controls', role: 'group', 'aria-label': words.tools },
      this.mute, this.camera, this.share, this.record, this.hangup);
    this.choices = element('div', { class: 'choices' }, this.how.node, this.hint.node);
    // Whoever points at a button leaves the focus where it was: the space bar is for talking, and must not press it again.
    this.node.addEventListener('mousedown', (event) => { if (event.target.closest('button')) event.preventDefault(); });
    // In sight wherever the page is scrolled to.
    this.banner = element('div', { class: 'banner', role: 'status', 'data-testid': 'call-sharing' }, words.sharing, ' ',
      button(words.stopShare, () => on.stopShare(), { 'data-testid': 'call-stop-share' }));
    this.update();
  }

  get #how() {
    return { replaces: this.how.select.value === 'instead', hint: this.hint.select.value };
  }

  update() {
    const { isMuted, mic, camera, screen } = this.media;
    this.#set(this.mute, !mic ? words.micOn : isMuted ? words.unmute : words.mute, !mic || isMuted);
    this.#set(this.camera, camera ? words.cameraOff : words.cameraOn, !camera);
    this.#set(this.share, screen ? words.stopShare : words.share, Boolean(screen));
    this.share.disabled = !navigator.mediaDevices?.getDisplayMedia;
    this.banner.hidden = !screen;
    this.how.node.hidden = Boolean(screen) || this.share.disabled;
    this.hint.node.hidden = this.share.disabled;
  }

  /** Whether this side writes down what it gets, and whether it can. */
  recording(isOn, isPossible) {
    this.#set(this.record, isOn ? words.stopRecord : words.record, isOn);
    this.record.disabled = !isPossible;
  }

  /** The words tell what pressing does; `data-on` what is. */
  #set(node, text, isOn) {
    if (node.textContent !== text) node.textContent = text;
    node.dataset.on = isOn;
  }

  #select(id, label, options) {
    const select = element('select', { id, 'data-testid': id }, ...options.map(([value, text]) => element('option', { value }, text)));
    return { select, node: element('div', { class: 'field small' }, element('label', { for: id }, label), select) };
  }
}
