// Every sentence of the pages, in one file.

export const strings = {
  notConnected: 'not connected',
  connecting: 'connecting…',
  waitingState: 'waiting for the other side',
  send: {
    title: 'Send files',
    drop: 'Drop files or folders here',
    or: 'or choose them',
    folder: 'Choose a folder',
    more: 'Add files',
    start: 'Pass on this link. Whoever opens it gets the files from this page, so keep it open.',
    copy: 'Copy link',
    copied: 'Copied',
    waiting: 'Waiting. Nobody has opened the link yet.',
    arrived: 'Somebody opened the link. Checking that they hold all of it…',
    reviewing: 'The other side is looking at the list.',
    sees: 'What this server can see: the network addresses of both sides, and when. Not names, not contents, not the link.',
    stranger: 'Somebody tried to connect without the whole link. They were turned away and got nothing. Still waiting.',
    again: 'The link still works: it can be opened again.',
    spent: 'The link is used up. To send again, choose the files again.',
  },
  receive: {
    title: 'Receive files',
    connecting: 'Looking for the sender…',
    checking: 'Found. Checking that both sides hold the same link…',
    list: 'The sender offers:',
    accept: 'Accept and download',
    decline: 'No, thanks',
    declined: 'Declined. Nothing was downloaded.',
    refused: (n) => `${n} ${n === 1 ? 'name is' : 'names are'} unsafe and will be left out.`,
    zip: (name) => `Several files come as one archive, ${name}.`,
    blob: 'This page is not on https or localhost, so the browser keeps the files in memory until they are complete: 256 MB at most.',
    saved: 'Your browser has the download.',
  },
  transfer: {
    path: 'Path',
    cipher: 'Cipher',
    peer: 'Other side',
    verified: 'verified by link – if you trust the page that you opened',
    verifiedShort: 'verified by link',
    hash: 'Hash',
    sent: 'Sent and checked by the other side.',
    received: 'Received and checked.',
    left: (s) => `${s} left`,
    files: (n) => `${n} ${n === 1 ? 'file' : 'files'}`,
    of: 'of',
    unknownCipher: 'DTLS (this browser does not tell the suite)',
    direct: 'direct',
    relayed: 'relayed',
    progress: 'Transfer',
  },
  layers: { udp: 'UDP', ice: 'ICE', dtls: 'DTLS', sctp: 'SCTP', app: 'share' },
  leave: 'A transfer is running. Leaving this page ends it.',
  more: (n) => `and ${n} more`,
  tryAgain: 'Try again',
};

// The same slugs and sentences as the command line's: [what happened, what to do next].
export const failures = {
  'bad-link': ['This is not a link, or it was cut short.', 'Copy the whole link, from http to its end.'],
  'server-unreachable': ['The server of this link cannot be reached.', 'Check the address, and that limpid serve runs there.'],
  'no-candidates': ['The other side never sent an address: it may have closed the page.', 'Wait for it, or make a new link.'],
  'no-path': ['No path between the two networks works.', 'Bring both into one network, or use a relay.'],
  'handshake-timeout': ['We found a path, but the secure handshake did not finish.', 'Try again.'],
  'fingerprint': ["Somebody else answered in the middle, or the server's page was altered. Nothing was sent.", 'Stop, and meet through a server that you trust.'],
  'bad-proof': ['The other side could not prove that it holds this link: somebody may stand in between. Nothing was sent.', 'Make a new link, and pass it on by another way.'],
  'version': ['The two ends speak different versions.', 'Update the older one.'],
  'connection-lost': ['The connection broke before the end.', 'Open the link again to start once more.'],
  'integrity': ['A part arrived damaged three times: this file cannot be trusted.', 'Send it again; if it happens again, check both machines.'],
  'declined': ['The other side declined.', 'Ask it why.'],
  'cannot-write': ['A file could not be written.', 'Check the room on the disk, and that the download was not stopped.'],
  'disk-full': ['There is not enough room on the disk.', 'Free some and start again.'],
  'cannot-read': ['A file could not be read.', 'Check that it is there, and its permissions.'],
  'file-changed': ['A file changed while it was being sent.', 'Send it again once it rests.'],
  'names-refused': ['Every name in this list is unsafe, so nothing was written.', 'Ask the sender to rename the files.'],
  'too-large-here': ['This page can take 256 MB at most, since it is not on https or localhost.', 'Receive with limpid receive, or open the page over https.'],
  'protocol': ['The other side broke the protocol.', 'Update both ends.'],
  'peer-failed': ['The other side gave up.', 'See what it says there.'],
  'cancelled': ['The other side stopped the transfer.', 'Ask it to start again.'],
  'no-such-room': ['Nobody is sharing under this link now. Ask the sender to keep the page open, or for a new link.', ''],
  'expired': ['The server waited too long for an answer. Try again.', ''],
  'full': ['Somebody else is already receiving this. Ask the sender for a link of your own.', ''],
  'peer-left': ['The sender has left. Ask for a new link.', ''],
  'rate': ['Too much at once for this server. Wait a minute, then try again.', ''],
  'slow-consumer': ['This side did not read its messages in time. Try again.', ''],
  'goaway': ['The server is restarting. Trying again by itself.', ''],
  'auth': ['This server asks for a pass.', ''],
  'unexpected': ['Something went wrong that was not foreseen.', 'Try again; the browser console says more.'],
};

/** An error with a slug of the table. */
export class Failure extends Error {
  constructor(slug) {
    super((failures[slug] ?? failures.unexpected)[0]);
    this.slug = failures[slug] ? slug : 'unexpected';
  }
}

// What the other side may say of itself; it has no say in what this side alone can see.
const PEER_ERRORS = new Set(['version', 'integrity', 'disk-full', 'cannot-write', 'cannot-read', 'file-changed', 'names-refused', 'too-large-here', 'protocol', 'cancelled']);

/** The failure that the other side names in `error`. */
export const failureOfPeer = (slug) => new Failure(PEER_ERRORS.has(slug) ? slug : 'peer-failed');
