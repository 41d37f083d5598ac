// The receiver's screen: meet the sender, look at the list, accept, and get ordinary downloads.

import { derive } from './link.js';
import { Peer } from './peer.js';
import { canStream, downloadName, openSink } from './save.js';
import { Receiving } from './share-receiving.js';
import { Signal } from './signal.js';
import { Failure, strings } from './strings.js';
import { TransferView, holdPage } from './transfer-view.js';
import { bytesText, button, clearError, element, fileList, showError, showState } from './ui.js';

const words = strings.receive;

export class ReceiveScreen {
  #peer = null;
  #peerId = null;

  constructor(main, secret) {
    this.note = element('p', { role: 'status' }, words.connecting);
    this.offer = element('section');
    this.view = new TransferView();
    main.replaceChildren(element('h1', {}, words.title), this.note, this.offer, this.view.node);
    showState(strings.connecting);
    this.#join(secret).catch((error) => { console.error(error); showError('unexpected'); });
  }

  async #join(secret) {
    const { room, auth } = await derive(secret);
    this.signal = new Signal(room, 'receive', {
      joined: ({ peers, ice }) => { if (!this.#peer && peers.length > 0) this.#meet(room, auth, peers[0], ice); },
      peer: () => {},
      body: (from, body, gap) => {
        if (from !== this.#peerId) return;
        if (gap) this.#peer.resync();
        this.#peer.hear(body);
      },
      failed: (failure) => { if (!this.#peer?.isReady) this.#failed(failure); },
    });
  }

  /** We came second: we make the offer. */
  #meet(room, auth, id, ice) {
    this.note.textContent = words.checking;
    this.#peerId = id;
    this.#peer = new Peer({
      room, auth, ice,
      say: (body) => this.signal.say(id, body),
      on: {
        layer: (name, ms) => this.view.layer(name, ms),
        ready: (peer) => this.#receive(peer),
        failed: (failure) => this.#failed(failure),
      },
    });
    this.#peer.offer();
  }

  #receive(peer) {
    clearError();
    this.view.connected(peer.pc).catch(console.error);
    this.receiving = new Receiving({
      control: peer.control,
      data: peer.data,
      on: {
        manifest: (files) => this.#review(files),
        progress: (bytes, total) => this.view.progress(bytes, total),
      },
    });
  }

  #review(files) {
    const good = files.filter((file) => !file.refused);
    if (good.length === 0) { this.receiving.abort(new Failure('names-refused')); this.#failed(new Failure('names-refused')); return; }
    const total = good.reduce((sum, { size }) => sum + size, 0);
    this.note.textContent = '';
    const accept = button(words.accept, () => this.#accept(good), { class: 'primary', 'data-testid': 'receive-accept' });
    const decline = button(words.decline, () => this.#decline(), { 'data-testid': 'receive-decline' });
    this.offer.replaceChildren(
      element('p', {}, words.list, ` ${strings.transfer.files(good.length)}, ${bytesText(total)}`),
      fileList(files, { 'data-testid': 'receive-list' }),
      ...(good.length < files.length ? [element('p', {}, words.refused(files.length - good.length))] : []),
      ...(good.length > 1 ? [element('p', { class: 'soft' }, words.zip(downloadName(good)))] : []),
      ...(canStream ? [] : [element('p', { class: 'soft' }, words.blob)]),
      element('div', { class: 'row' }, accept, decline));
    this.buttons = [accept, decline];
  }

  async #accept(files) {
    for (const button of this.buttons) button.disabled = true;
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const release = holdPage();
    let sink;
    try {
      sink = await openSink(files);
      this.view.begin(total);
      const result = await this.receiving.accept(files, sink);
      this.view.done(strings.transfer.received, result);
      this.note.textContent = words.saved;
      for (const button of this.buttons) button.remove();
      this.#peer.close('done');
      this.signal.close();
    } catch (error) {
      if (!(error instanceof Failure)) console.error(error);
      this.receiving.abort(error);
      sink?.abort();
      this.view.transfer.hidden = true;
      this.#failed(error);
    } finally {
      release();
    }
  }

  #decline() {
    for (const button of this.buttons) button.disabled = true;
    this.receiving.decline();
    this.note.textContent = words.declined;
    this.#peer.close('declined');
    this.signal.close();
  }

  #failed(failure) {
    if (this.receiving?.abort(failure)) return;
    this.#peer?.close('error');
    this.note.textContent = '';
    showState(strings.notConnected);
    showError(failure.slug ?? 'unexpected');
    this.signal.close();
  }
}
