// The sender's screen: drop files, pass on the link, watch it go.

import { derive, linkText, newSecret } from './link.js';
import { Peer } from './peer.js';
import { Sending } from './share-sending.js';
import { Signal } from './signal.js';
import { Failure, strings } from './strings.js';
import { TransferView, holdPage } from './transfer-view.js';
import { bytesText, button, clearError, element, fileList, showError, showState } from './ui.js';

const words = strings.send;

export class SendScreen {
  #files = [];
  #peer = null;
  #peerId = null;
  #ice = [];
  #isLocked = false;
  /** Nobody can come by the link any more. */
  #isDead = false;

  constructor(main) {
    this.input = element('input', { type: 'file', multiple: true, 'data-testid': 'share-input' });
    this.folder = element('input', { type: 'file', webkitdirectory: true, hidden: true, 'data-testid': 'share-folder' });
    this.drop = element('label', { class: 'drop' }, element('strong', {}, words.drop), element('span', {}, words.or), this.input);
    this.choose = button(words.folder, () => this.folder.click());
    this.list = element('div');
    this.share = element('section', { hidden: true });
    main.replaceChildren(element('h1', {}, words.title), this.drop, element('div', { class: 'row' }, this.choose, this.folder), this.list, this.share);
    for (const input of [this.input, this.folder]) {
      input.addEventListener('change', () => { this.#add(fromInput(input)); input.value = ''; });
    }
    this.drop.addEventListener('dragover', (event) => { event.preventDefault(); this.drop.classList.add('over'); });
    this.drop.addEventListener('dragleave', () => this.drop.classList.remove('over'));
    this.drop.addEventListener('drop', async (event) => {
      event.preventDefault();
      this.drop.classList.remove('over');
      this.#add(await fromDrop(event.dataTransfer));
    });
    showState(strings.notConnected);
  }

  #add(found) {
    if (this.#isLocked || found.length === 0) return;
    for (const file of found) this.#files.push({ ...file, path: unused(file.path, this.#files) });
    const total = this.#files.reduce((sum, { size }) => sum + size, 0);
    this.list.replaceChildren(
      element('p', {}, `${strings.transfer.files(this.#files.length)}, ${bytesText(total)}`),
      fileList(this.#files, { 'data-testid': 'send-list' }));
    if (!this.secret) this.#open().catch((error) => { console.error(error); showError('unexpected'); });
  }

  async #open() {
    this.secret = newSecret();
    const { room, auth } = await derive(this.secret);
    const link = linkText(this.secret);
    this.drop.classList.add('small');
    this.drop.firstChild.textContent = words.more;
    const anchor = element('a', { class: 'link', href: link, 'data-testid': 'share-link' }, link);
    // Opening one's own link here would end the share.
    anchor.target = '_blank';
    anchor.rel = 'noreferrer';
    const copy = button(words.copy, async () => {
      try {
        await navigator.clipboard.writeText(link);
        copy.textContent = words.copied;
      } catch {
        getSelection().selectAllChildren(anchor);
      }
    });
    this.view = new TransferView();
    this.note = element('p', { role: 'status', 'data-testid': 'share-status' }, words.waiting);
    this.share.replaceChildren(element('p', {}, words.start), anchor, element('div', { class: 'row' }, copy, this.note),
      this.view.node, element('p', { class: 'soft' }, words.sees));
    this.share.hidden = false;
    showState(strings.waitingState);
    this.signal = new Signal(room, 'send', {
      // A link that was passed on is kept alive for as long as this page is.
      joined: ({ ice }) => { this.#ice = ice; this.signal.bePatient(); },
      peer: (id, state) => this.#peerChanged(id, state),
      body: (from, body, gap) => this.#hear(room, auth, from, body, gap),
      failed: (failure) => { this.#signallingEnded(failure); },
    });
  }

  /** What goes on already goes on without it. */
  #signallingEnded(failure) {
    this.#isDead = true;
    if (this.#isLocked) return;
    this.note.textContent = '';
    showError(failure.slug);
  }

  #peerChanged(id, state) {
    if (state === 'joined') {
      this.note.textContent = words.arrived;
    } else if (id === this.#peerId && !this.#peer?.isReady) {
      this.#turnAway();
      this.note.textContent = words.waiting;
    }
  }

  #hear(room, auth, from, body, gap) {
    if (this.#peer && from !== this.#peerId && !this.#peer.isReady) this.#turnAway();
    if (!this.#peer) {
      if (body.description?.type !== 'offer') return;
      this.#peerId = from;
      this.view.line.reset();
      this.#peer = new Peer({
        room, auth, ice: this.#ice,
        say: (answer) => this.signal.say(from, answer),
        on: {
          layer: (name, ms) => this.view.layer(name, ms),
          ready: (peer) => this.#send(peer),
          failed: (failure) => this.#failed(failure),
        },
      });
    }
    if (from !== this.#peerId) { this.signal.say(from, { bye: 'busy' }); return; }
    if (gap) this.#peer.resync();
    this.#peer.hear(body);
  }

  #turnAway() {
    this.#peer?.close('error');
    this.#peer = null;
    this.#peerId = null;
  }

  /** Before the proof holds, nobody was there: say so and go on waiting. */
  #failed(failure) {
    const wasReady = this.#peer?.proven;
    this.#peer = null;
    this.#peerId = null;
    if (wasReady) {
      this.sending?.abort(failure);
      return;
    }
    showError(failure.slug);
    this.note.textContent = failure.slug === 'bad-proof' ? words.stranger : words.again;
  }

  async #send(peer) {
    clearError();
    this.#isLocked = true;
    this.drop.hidden = this.choose.hidden = true;
    this.note.textContent = words.reviewing;
    const release = holdPage();
    this.view.connected(peer.pc).catch(console.error);
    this.sending = new Sending({
      control: peer.control,
      data: peer.data,
      maxMessageSize: peer.pc.sctp?.maxMessageSize,
      files: this.#files,
      on: {
        accepted: (files, total) => { this.note.textContent = ''; this.view.begin(total); },
        progress: (bytes, total) => this.view.progress(bytes, total),
      },
    });
    try {
      const result = await this.sending.run();
      this.view.done(strings.transfer.sent, result);
      this.note.textContent = words.spent;
      await peer.finish();
      this.signal.close();
    } catch (error) {
      if (!(error instanceof Failure)) console.error(error);
      showError(error.slug ?? 'unexpected');
      this.note.textContent = this.#isDead ? '' : words.again;
      this.view.transfer.hidden = true;
      peer.close('error');
      this.#peer = null;
      this.#peerId = null;
    } finally {
      release();
    }
  }
}

function entry(file, path) {
  return { path: path.normalize('NFC'), size: file.size, mtime: Math.floor(file.lastModified / 1000), file };
}

function fromInput(input) {
  return Array.from(input.files, (file) => entry(file, file.webkitRelativePath || file.name));
}

/** Files and whole folders that were dropped. */
async function fromDrop(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return Array.from(transfer.files, (file) => entry(file, file.name));
  const found = [];
  const walk = async (node, path) => {
    if (node.isFile) {
      found.push(entry(await new Promise((resolve, reject) => node.file(resolve, reject)), path));
      return;
    }
    const reader = node.createReader();
    for (let empty = true; ; empty = false) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) {
        if (empty) found.push({ path: path.normalize('NFC'), size: 0, dir: true });
        return;
      }
      for (const child of some) await walk(child, `${path}/${child.name}`);
    }
  };
  for (const node of entries) await walk(node, node.name);
  return found;
}

/** The path, or with a number if it is taken: `a (2).txt`. */
function unused(path, files) {
  const taken = (candidate) => files.some((file) => file.path === candidate);
  if (!taken(path)) return path;
  const dot = path.lastIndexOf('.'), cut = dot > path.lastIndexOf('/') + 1 ? dot : path.length;
  for (let n = 2; ; n += 1) {
    const candidate = `${path.slice(0, cut)} (${n})${path.slice(cut)}`;
    if (!taken(candidate)) return candidate;
  }
}
