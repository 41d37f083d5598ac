// The MediaStreamTracks of the call, one a row: what the article says of them, as this browser has it now.

import { strings } from './strings.js';
import { element, visible } from './ui.js';

const words = strings.call.inspector;

/** `samples` as the grid gives them; gives rows `{of, direction, track, stream}`. */
export function tracksOf(media, samples) {
  const rows = [];
  // Of several connections that carry it, the first one tells.
  const sender = (track) => samples.map(({ peer, measured }) => {
    const mid = peer.connection?.pc.getTransceivers().find((each) => each.sender.track === track)?.mid;
    return measured.streams.find((stream) => stream.way === 'out' && stream.mid === mid);
  }).find(Boolean);
  for (const name of ['mic', 'camera', 'screen', 'sound']) {
    const track = media[name];
    if (track) rows.push({ of: strings.call.self, direction: words.sent, track, stream: sender(track), remote: false });
  }
  for (const { peer, measured } of samples) {
    const { voice, camera, screen, sound } = peer.connection?.incoming(peer.state.screen) ?? {};
    for (const track of [voice, camera, screen, sound].filter(Boolean)) {
      const stream = measured.streams.find((each) => each.way === 'in' && each.track === track.id);
      rows.push({ of: peer.name, direction: words.received, track, stream, remote: true });
    }
  }
  return rows;
}

/** What stands in a row, by column. */
export function factsOf({ track, stream, remote }) {
  const settings = track.getSettings?.() ?? {};
  const width = stream?.width ?? settings.width, height = stream?.height ?? settings.height;
  const yes = (value) => (value ? words.yes : words.no);
  return {
    kind: track.kind, label: track.label, enabled: yes(track.enabled), muted: yes(track.muted), readyState: track.readyState, remote: yes(remote),
    channels: settings.channelCount ?? '–',
    rate: settings.sampleRate ? `${settings.sampleRate} Hz` : stream?.kbps !== undefined ? `${stream.kbps.toFixed(0)} kbit/s` : '–',
    size: width ? `${width}×${height}` : '–',
    fps: stream?.fps ?? (settings.frameRate ? Math.round(settings.frameRate) : '–'),
    codec: stream?.codec ?? '–',
  };
}

export class Inspector {
  constructor(media) {
    this.media = media;
    this.body = element('tbody');
    const head = element('tr', {}, ...[words.of, words.direction, ...Object.values(words.columns)].map((text) => element('th', { scope: 'col' }, text)));
    const table = element('table', {}, element('caption', { class: 'hidden-text' }, words.caption), element('thead', {}, head), this.body);
    // A region that scrolls must be reached by keyboard.
    const scroll = element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': words.caption }, table);
    this.node = element('details', { class: 'sheet', 'data-testid': 'call-inspector' }, element('summary', {}, words.title), scroll);
  }

  show(samples) {
    if (!this.node.open) return;
    this.body.replaceChildren(...tracksOf(this.media, samples).map((row) => {
      const facts = factsOf(row);
      return element('tr', { 'data-kind': row.track.kind, 'data-remote': String(row.remote) },
        element('th', { scope: 'row' }, visible(row.of)), element('td', {}, row.direction),
        ...Object.keys(words.columns).map((column) => element('td', {}, visible(String(facts[column])))));
    }));
  }
}
