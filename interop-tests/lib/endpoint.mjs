// An `/offer` endpoint for peers that answer: HTTP in, one callback per offer or re-offer.
import http from 'node:http';

/** Serves `POST /offer` and `POST|DELETE /session/N` on 127.0.0.1 or `host`; `peer.offer(description, id)` gives the answer. */
export async function serveOffers(peer, { host = '127.0.0.1', port = 0 } = {}) {
  let sessions = 0;
  const server = http.createServer(async (request, response) => {
    const id = request.url.startsWith('/session/') ? Number(request.url.slice(9)) : null;
    if (request.method === 'DELETE') { await peer.end?.(id); response.writeHead(204).end(); return; }
    if (request.method !== 'POST') { response.writeHead(405).end(); return; }
    let body = '';
    for await (const chunk of request) body += chunk;
    try {
      const json = (request.headers['content-type'] || '').includes('json');
      const offer = json ? JSON.parse(body) : { type: 'offer', sdp: body };
      const session = id ?? ++sessions;
      const answer = await peer.offer(offer, session);
      response.writeHead(id ? 200 : 201, { 'content-type': json ? 'application/json' : 'application/sdp', location: `/session/${session}` });
      response.end(json ? JSON.stringify(answer) : answer.sdp);
    } catch (error) {
      response.writeHead(500).end(String(error && error.stack || error));
    }
  });
  await new Promise((resolve) => server.listen(port, host, resolve));
  return { url: `http://${host}:${server.address().port}/offer`, close: () => server.close() };
}
