// A peer from npm with the W3C API: `node w3c.mjs wrtc|werift|ndc offer URL` prints results, `… answer` serves and echoes.
import { createRequire } from 'node:module';
import { serveOffers } from '../lib/endpoint.mjs';
import { sendBack } from '../lib/media.mjs';
import { answerAndEcho, offerTo } from '../lib/w3c.mjs';
import { offerMedia } from './media.mjs';

const require = createRequire(import.meta.url);
const [kind, mode, url] = process.argv.slice(2);

const libraries = {
  // libwebrtc of 2022 in node.
  wrtc: async () => ({ RTCPeerConnection: require('@roamhq/wrtc').RTCPeerConnection, options: {} }),
  // libdatachannel, libjuice, usrsctp. It has no restartIce and turns empty messages into none.
  ndc: async () => {
    const { RTCPeerConnection } = require('node-datachannel/polyfill');
    return { RTCPeerConnection, options: { config: { iceServers: [] }, restart: false, empty: false, maximum: 262144 } };
  },
  // Pure TypeScript. It takes no message over 65536 and no `config`-less construction.
  werift: async () => {
    const { RTCPeerConnection } = await import('werift');
    return { RTCPeerConnection, options: { config: { iceServers: [] }, restart: false, empty: false, maximum: 65536 } };
  },
};

const { RTCPeerConnection, options } = await libraries[kind]();
if (mode === 'offer') {
  const only = process.argv[5] ? process.argv[5].split(',') : undefined;
  for (const result of await offerTo(RTCPeerConnection, url, { ...options, only })) console.log(JSON.stringify(result));
  if (!only) for (const result of await offerMedia(kind, url)) console.log(JSON.stringify(result));
  setTimeout(() => process.exit(0), 100);
} else {
  const peers = new Map();
  const endpoint = await serveOffers({
    async offer(offer, id) {
      const known = peers.get(id);
      if (known) {
        await known.setRemoteDescription(offer);
        await known.setLocalDescription(await known.createAnswer());
        return { type: 'answer', sdp: known.localDescription.sdp };
      }
      const { answer, pc } = await answerAndEcho(RTCPeerConnection, offer, { ...options, prepare: kind === 'ndc' ? undefined : sendBack });
      peers.set(id, pc);
      return answer;
    },
    end(id) { peers.get(id)?.close(); peers.delete(id); },
  });
  console.log(JSON.stringify({ event: 'listening', url: endpoint.url }));
  process.stdin.on('end', () => process.exit(0)).resume();
}
