// Signalling servers that lie. Both serve the pages of an honest `limpid serve`, so that a link to them looks like any other.
import http from 'node:http';
import { createRequire } from 'node:module';
import { WebSocket, WebSocketServer } from 'ws';
import { HOST } from './share.mjs';
import { gathered } from './w3c.mjs';

/** An HTTP server that passes requests on to `upstream` and gives every WebSocket to `connected`. */
async function facade(upstream, connected) {
  const { host } = new URL(upstream);
  const server = http.createServer((request, response) => {
    const onwards = http.get({ ...hostAndPort(host), path: request.url, headers: { host } }, (answer) => {
      const headers = { ...answer.headers };
      const policy = headers['content-security-policy'];
      if (policy) headers['content-security-policy'] = policy.replaceAll(host, request.headers.host);
      response.writeHead(answer.statusCode, headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.writeHead(502).end());
  });
  const sockets = new WebSocketServer({ server, path: '/ws', handleProtocols: () => 'limpid.1' });
  sockets.on('connection', connected);
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  return {
    url: `http://${HOST}:${server.address().port}`,
    close: () => { for (const socket of sockets.clients) socket.terminate(); server.close(); server.closeAllConnections(); },
  };
}

function hostAndPort(host) {
  const [name, port] = host.split(':');
  return { host: name, port };
}

/** Passes everything on, but for the fingerprint in descriptions of `type`: one digit of it changes. */
export async function altersFingerprints(upstream, type) {
  const seen = { altered: 0 };
  const alter = (text) => {
    const message = JSON.parse(text);
    const description = message.body?.description;
    if (description?.type !== type) return text;
    description.sdp = description.sdp.replace(/(a=fingerprint:sha-256 )(.)/gi, (_, before, digit) => before + (digit === '0' ? '1' : '0'));
    seen.altered += 1;
    return JSON.stringify(message);
  };
  const server = await facade(upstream, (down) => {
    const up = new WebSocket(`${upstream.replace(/^http/, 'ws')}/ws`, 'limpid.1');
    const open = new Promise((resolve) => up.on('open', resolve));
    down.on('message', (data) => open.then(() => up.send(alter(data.toString()))));
    up.on('message', (data) => down.send(alter(data.toString())));
    down.on('close', () => up.close());
    up.on('close', (code, reason) => (code >= 3000 || code === 1000 ? down.close(code, reason) : down.terminate()));
    for (const socket of [up, down]) socket.on('error', () => {});
  });
  return { ...server, seen };
}

/**
 * Is the server itself, and both ends' peer: it ends DTLS with certificates of its own on either side and passes on every
 * message, nonces included. `seen.messages`: [from, channel, text or bytes]….
 */
export async function reTerminates(upstream) {
  const { RTCPeerConnection } = createRequire(import.meta.url)('@roamhq/wrtc');
  const seen = { messages: [], opened: 0 };
  const ends = {};
  const tell = (role, message) => ends[role]?.socket.send(JSON.stringify({ n: ends[role].n++, ...message, t: 'from', from: ends[role].other }));

  function connect(role) {
    const end = ends[role];
    end.pc = new RTCPeerConnection();
    end.channels = {};
    return end.pc;
  }
  function relay(from, to, channel) {
    channel.binaryType = 'arraybuffer';
    ends[from].channels[channel.label] = channel;
    const early = [];
    const pass = (data) => {
      const other = ends[to].channels[channel.label];
      if (other?.readyState === 'open') other.send(data); else early.push(data);
    };
    channel.onopen = () => { seen.opened += 1; };
    channel.onmessage = ({ data }) => { seen.messages.push([from, channel.label, data]); pass(data); };
    setInterval(() => { for (const data of early.splice(0)) pass(data); }, 10).unref();
  }
  async function heardOffer({ description, nonce }) {
    const toReceiver = connect('receive');
    toReceiver.ondatachannel = ({ channel }) => relay('receive', 'send', channel);
    await toReceiver.setRemoteDescription(description);
    const toSender = connect('send');
    for (const label of ['control', 'data/0']) relay('send', 'receive', toSender.createDataChannel(label));
    await toSender.setLocalDescription(await toSender.createOffer());
    await gathered(toSender);
    const { type, sdp } = toSender.localDescription;
    tell('send', { body: { description: { type, sdp }, nonce } });
  }
  async function heardAnswer({ description, nonce }) {
    await ends.send.pc.setRemoteDescription(description);
    const { pc } = ends.receive;
    await pc.setLocalDescription(await pc.createAnswer());
    await gathered(pc);
    const { type, sdp } = pc.localDescription;
    tell('receive', { body: { description: { type, sdp }, nonce } });
  }
  const server = await facade(upstream, (socket) => {
    let role;
    let queue = Promise.resolve();
    const hear = async (message) => {
      if (message.t === 'join') {
        role = message.role;
        ends[role] = { socket, n: 0, other: role === 'send' ? 'receiver' : 'sender' };
        socket.send(JSON.stringify({ t: 'joined', you: role, resume: 'x'.repeat(22), peers: role === 'receive' ? ['sender'] : [], ice: [] }));
        if (role === 'receive') ends.send?.socket.send(JSON.stringify({ t: 'peer', id: 'receiver', state: 'joined' }));
      } else if (message.body?.description) {
        await (role === 'receive' ? heardOffer : heardAnswer)(message.body);
      } else if (message.body?.candidate?.candidate) {
        await ends[role].pc?.addIceCandidate(message.body.candidate);
      }
    };
    socket.on('message', (data) => {
      queue = queue.then(() => hear(JSON.parse(data.toString()))).catch((error) => process.stderr.write(`liar: ${error}\n`));
    });
  });
  return { ...server, seen, close: () => { server.close(); for (const end of Object.values(ends)) end.pc?.close(); } };
}
