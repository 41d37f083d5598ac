// What this side sends: microphone, camera, screen. A camera that is off is given back to the system; a microphone that is muted
// stays open, and sends silence.

import { trace } from './call-trace.js';

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SMALL_PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } };

/** Why a device could not be had: `denied`, `missing`, `busy`, `insecure` or `failed`. */
export function whyNot(error) {
  if (!globalThis.navigator?.mediaDevices) return 'insecure';
  return { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing', NotReadableError: 'busy', AbortError: 'busy' }[error?.name] ?? 'failed';
}

export class LocalMedia {
  mic = null;
  camera = null;
  screen = null;
  sound = null;
  isMuted = false;
  wantsCamera = true;
  /** Whether the screen takes the camera's place. */
  replaces = false;
  processing = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  /** A small picture: less work and less data for everybody. */
  isSmall = false;
  micId = undefined;
  cameraId = undefined;
  /** Why there is none: {mic, camera}, slugs of `whyNot`. */
  missing = {};
  #stops = 0;

  /** `on`: changed(what) with `tracks` when others are sent, else `state`; ended(kind) when a device went away. */
  constructor(on) {
    this.on = on;
  }

  /** Asks for what is not there yet: both at once, then one by one, since one that is missing must not cost the other. */
  async open({ mic = true, camera = true } = {}) {
    const wants = { mic: mic && !this.mic, camera: camera && !this.camera }, stops = this.#stops;
    if (wants.mic && wants.camera) {
      try {
        const stream = await this.#ask({ audio: this.#audio(), video: this.#video() });
        this.#takeMic(stream.getAudioTracks()[0]);
        this.#takeCamera(stream.getVideoTracks()[0]);
        return;
      } catch (error) {
        trace('devices', { both: whyNot(error) });
      }
    }
    if (wants.mic && stops === this.#stops) await this.openMic(this.micId);
    if (wants.camera && stops === this.#stops) await this.openCamera(this.cameraId);
  }

  async openMic(id) {
    this.micId = id;
    try {
      const stream = await this.#ask({ audio: this.#audio() });
      this.#takeMic(stream.getAudioTracks()[0]);
    } catch (error) {
      this.missing.mic = whyNot(error);
      trace('no microphone', { why: this.missing.mic });
    }
    return Boolean(this.mic);
  }

  /** `id`: null for whichever the browser takes by itself; the one chosen last unless told otherwise. */
  async openCamera(id = this.cameraId) {
    this.cameraId = id ?? undefined;
    this.wantsCamera = true;
    try {
      // Some cameras open once only.
      this.#drop('camera');
      const stream = await this.#ask({ video: this.#video() });
      this.#takeCamera(stream.getVideoTracks()[0]);
    } catch (error) {
      this.missing.camera = whyNot(error);
      trace('no camera', { why: this.missing.camera });
      this.on.changed('tracks');
    }
    return Boolean(this.camera);
  }

  /** In place of a device that went away: another one, whose name this gives, or none and null. */
  async replace(name) {
    const isOpen = name === 'mic' ? await this.openMic(undefined) : await this.openCamera(null);
    trace('device replaced', { name, isOpen });
    return isOpen ? this[name].label : null;
  }

  /** The device stops, its light goes out. */
  closeCamera() {
    this.wantsCamera = false;
    this.#drop('camera');
    this.on.changed('tracks');
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    if (this.mic) this.mic.enabled = !isMuted;
    this.on.changed('state');
  }

  /** `hint`: detail or motion. Throws what the browser throws when the person changes their mind. */
  async share({ replaces, hint }) {
    const stream = await this.#ask({ video: true, audio: true }, 'getDisplayMedia');
    // Of two that were asked for at once the later one stays.
    this.#drop('screen');
    this.#drop('sound');
    this.replaces = replaces;
    [this.screen] = stream.getVideoTracks();
    this.sound = stream.getAudioTracks()[0] ?? null;
    this.setHint(hint);
    // The browser has a button of its own to stop it.
    this.screen.addEventListener('ended', () => this.stopShare());
    this.on.changed('tracks');
  }

  setHint(hint) {
    if (this.screen) this.screen.contentHint = hint;
  }

  stopShare() {
    if (!this.screen) return;
    this.#drop('screen');
    this.#drop('sound');
    this.on.changed('tracks');
  }

  /** All of it is given back, and so is what is still being asked for. */
  stop() {
    this.#stops += 1;
    this.wantsCamera = false;
    for (const name of ['mic', 'camera', 'screen', 'sound']) this.#drop(name);
  }

  get tracks() {
    const inPlace = this.screen && this.replaces;
    return {
      voice: this.mic, camera: inPlace ? this.screen : this.camera,
      screen: inPlace ? null : this.screen, sound: this.sound,
    };
  }

  get micState() {
    if (!this.mic) return 'none';
    if (this.isMuted) return 'off';
    return this.mic.muted ? 'muted' : 'on';
  }

  get cameraState() {
    if (this.camera) return this.camera.muted ? 'muted' : 'on';
    return this.missing.camera && this.wantsCamera ? 'none' : 'off';
  }

  /** What is said of it over one connection: sections have numbers of their own in each. */
  stateFor(connection) {
    const inPlace = this.screen && this.replaces;
    const screen = inPlace ? connection.camera?.mid ?? null : this.screen && connection.screenMid;
    return { mic: this.micState, camera: inPlace && this.cameraState === 'on' ? 'off' : this.cameraState, screen };
  }

  #audio() {
    return { ...this.processing, ...(this.micId ? { deviceId: { exact: this.micId } } : {}) };
  }

  #video() {
    return { ...(this.isSmall ? SMALL_PICTURE : PICTURE), ...(this.cameraId ? { deviceId: { exact: this.cameraId } } : {}) };
  }

  async #ask(constraints, how = 'getUserMedia') {
    if (!navigator.mediaDevices) throw new Error('no devices on an insecure page');
    const stops = this.#stops;
    const stream = await navigator.mediaDevices[how](constraints);
    if (stops === this.#stops) return stream;
    for (const track of stream.getTracks()) track.stop();
    throw new DOMException('not wanted any more', 'AbortError');
  }

  #takeMic(track) {
    this.#drop('mic');
    this.mic = track;
    track.enabled = !this.isMuted;
    delete this.missing.mic;
    this.#follow('mic', track);
  }

  #takeCamera(track) {
    this.#drop('camera');
    this.camera = track;
    delete this.missing.camera;
    this.#follow('camera', track);
  }

  #follow(name, track) {
    for (const event of ['mute', 'unmute']) track.addEventListener(event, () => { trace(`source ${event}`, { name }); this.on.changed('state'); });
    track.addEventListener('ended', () => {
      if (this[name] !== track) return;
      this[name] = null;
      this.missing[name] = 'missing';
      trace('device ended', { name });
      this.on.changed('tracks');
      this.on.ended?.(name);
    });
    this.on.changed('tracks');
  }

  #drop(name) {
    const track = this[name];
    this[name] = null;
    track?.stop();
  }
}
