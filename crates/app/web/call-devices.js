// Which microphone, camera and speaker: three menus, three switches, and what happens when something is plugged in or out.

import { button, element } from './ui.js';
import { strings } from './strings.js';
import { trace } from './call-trace.js';

const words = strings.call;
const KINDS = [['audioinput', 'mic'], ['videoinput', 'camera'], ['audiooutput', 'speaker']];
const SWITCHES = [['echoCancellation', 'echo'], ['noiseSuppression', 'noise'], ['autoGainControl', 'gain']];

const canChooseSpeaker = () => typeof HTMLMediaElement.prototype.setSinkId === 'function';

/** All devices, or none where the page may not ask. */
export async function devices() {
  try {
    return await navigator.mediaDevices?.enumerateDevices() ?? [];
  } catch {
    return [];
  }
}

/** The speaker that all sound goes to. */
export class Speaker {
  id = '';
  #elements = new Set();

  add(media) {
    this.#elements.add(media);
    this.#apply(media);
  }

  remove(media) { this.#elements.delete(media); }

  choose(id) {
    this.id = id;
    for (const media of this.#elements) this.#apply(media);
  }

  /** Whether the one that was chosen has gone. Where the page may not know the devices, none has. */
  isGone(all) {
    const known = all.filter(({ kind, deviceId }) => kind === 'audiooutput' && deviceId);
    return this.id !== '' && known.length > 0 && known.every(({ deviceId }) => deviceId !== this.id);
  }

  #apply(media) {
    // One that has gone, or is not allowed: the sound stays where it was.
    if (canChooseSpeaker() && this.id !== (media.sinkId ?? '')) media.setSinkId(this.id).catch((error) => console.warn(error));
  }
}

/** The menus. `media`: LocalMedia; they open again what is chosen. `mayOpen`: whether there is room for one more camera. */
export class DeviceMenus {
  constructor({ media, speaker, mayOpen = () => true }) {
    Object.assign(this, { media, speaker, mayOpen });
    this.selects = new Map(KINDS.map(([kind, name]) => {
      const select = element('select', { id: `device-${name}`, 'data-testid': `call-device-${name}` });
      select.addEventListener('change', () => this.choose(kind, select.value));
      return [kind, select];
    }));
    const rows = KINDS.filter(([kind]) => kind !== 'audiooutput' || canChooseSpeaker()).map(([kind, name]) => element('div', { class: 'field' },
      element('label', { for: `device-${name}` }, words[name]), this.selects.get(kind)));
    const switches = SWITCHES.map(([constraint, name]) => {
      const box = element('input', { type: 'checkbox', 'data-testid': `call-${name}` });
      box.checked = media.processing[constraint];
      box.addEventListener('change', () => this.#switched(constraint, box.checked));
      return element('label', { class: 'switch' }, box, words[name]);
    });
    const small = element('input', { type: 'checkbox', 'data-testid': 'call-small' });
    small.checked = media.isSmall;
    small.addEventListener('change', () => { media.isSmall = small.checked; if (media.camera) media.openCamera(); });
    this.node = element('div', { class: 'devices' }, ...rows,
      element('label', { class: 'switch' }, small, words.small),
      element('fieldset', {}, element('legend', {}, words.processing), ...switches));
    this.refresh();
  }

  async refresh() {
    const all = await devices();
    for (const [kind, name] of KINDS) {
      const select = this.selects.get(kind);
      const found = all.filter((device) => device.kind === kind && device.deviceId);
      const chosen = { audioinput: this.media.micId, videoinput: this.media.cameraId, audiooutput: this.speaker.id }[kind] ?? '';
      const options = found.filter(({ deviceId }) => deviceId !== 'default')
        .map(({ deviceId, label }, n) => element('option', { value: deviceId }, label || words.unnamed(words[name], n + 1)));
      select.replaceChildren(element('option', { value: '' }, words.byDefault), ...options);
      select.value = found.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
    }
  }

  /** Takes a device into use, now and the next time. A camera that is off stays so, unless it is off for want of one. */
  async choose(kind, id) {
    remember(kind, id);
    const { media } = this;
    if (kind === 'audioinput') await media.openMic(id || undefined);
    else if (kind === 'audiooutput') this.speaker.choose(id);
    else if (media.camera || (media.cameraState === 'none' && this.mayOpen())) await media.openCamera(id || null);
    else media.cameraId = id || undefined;
  }

  async #switched(constraint, isOn) {
    this.media.processing[constraint] = isOn;
    // Not every browser can change it on an open microphone.
    if (this.media.mic) await this.media.openMic(this.media.micId);
  }
}

const STORE = 'limpid-device-';

function remember(kind, id) {
  try { localStorage.setItem(STORE + kind, id); } catch { /* a private window may have no store */ }
}

/** What was chosen the last time, where it is still there. */
export async function recall(media, speaker) {
  const all = await devices();
  const last = (kind) => {
    let id = null;
    try { id = localStorage.getItem(STORE + kind); } catch { /* none */ }
    return all.some((device) => device.kind === kind && device.deviceId === id) && id ? id : undefined;
  };
  media.micId = last('audioinput');
  media.cameraId = last('videoinput');
  speaker.choose(last('audiooutput') ?? '');
}

/**
 * Watches what is plugged in and out. `found(device)`: something new; `changed(all)`: the lists differ. Gives a function that stops it.
 */
export function watchDevices({ found, changed }) {
  let known = null;
  const look = async () => {
    const all = await devices();
    const fresh = known === null ? [] : newDevices(known, all);
    known = all;
    if (fresh.length > 0) trace('plugged in', { kinds: fresh.map(({ kind }) => kind) });
    for (const device of fresh) found(device);
    changed(all);
  };
  look();
  navigator.mediaDevices?.addEventListener('devicechange', look);
  return () => navigator.mediaDevices?.removeEventListener('devicechange', look);
}

/** Devices that were not there before; of one thing with a microphone and a speaker the microphone speaks. */
export function newDevices(before, now) {
  // Without permission all devices of a kind are one without a name.
  const known = new Set(before.map(({ kind, deviceId }) => `${kind} ${deviceId}`));
  const fresh = now.filter(({ kind, deviceId }) => deviceId && !['default', 'communications'].includes(deviceId) && !known.has(`${kind} ${deviceId}`));
  const hadNames = before.some(({ deviceId }) => deviceId);
  if (!hadNames) return [];
  return fresh.filter(({ kind, groupId }) => kind !== 'audiooutput' || !fresh.some((other) => other.kind === 'audioinput' && groupId && other.groupId === groupId));
}

/** "Use new headset?", with an answer. */
export class PlugToast {
  constructor(menus) {
    this.menus = menus;
    this.node = element('div', { class: 'toast', role: 'status', 'data-testid': 'call-toast' });
    this.node.hidden = true;
  }

  found(device) {
    const use = button(words.plug.use, () => { this.#use(device); this.hide(); }, { class: 'primary' });
    this.#show(words.plug.found(device.label), use, button(words.plug.not, () => this.hide()));
  }

  say(text) { this.#show(text, button(words.plug.not, () => this.hide())); }

  hide() { this.node.hidden = true; }

  #show(...parts) {
    this.node.replaceChildren(...parts);
    this.node.hidden = false;
  }

  async #use({ kind, deviceId, groupId }) {
    await this.menus.choose(kind, deviceId);
    const ears = kind === 'audioinput' && groupId && (await devices()).find((other) => other.kind === 'audiooutput' && other.groupId === groupId);
    if (ears) await this.menus.choose('audiooutput', ears.deviceId);
    await this.menus.refresh();
  }
}
