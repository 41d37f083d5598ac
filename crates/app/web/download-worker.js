// A service worker that does one thing: it answers /download/ID with the bytes that the page hands over, as an attachment.

const downloads = new Map();

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  if (event.data === 'alive') return;
  const { id, name, size } = event.data;
  const port = event.ports[0];
  const stream = new ReadableStream({
    start(controller) {
      port.onmessage = ({ data }) => {
        if (data === 'end') { controller.close(); port.postMessage('closed'); } else if (data === 'abort') controller.error(new Error('aborted'));
        else controller.enqueue(data);
      };
    },
    pull() { port.postMessage('pull'); },
    cancel() { port.postMessage('cancelled'); },
  }, { highWaterMark: 1 });
  downloads.set(id, { stream, name, size });
  port.postMessage('registered');
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin || !url.pathname.startsWith('/download/')) return;
  const id = url.pathname.slice('/download/'.length);
  const download = downloads.get(id);
  downloads.delete(id);
  if (!download) return;
  const name = encodeURIComponent(download.name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${name}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
  if (download.size !== null) headers['content-length'] = String(download.size);
  event.respondWith(new Response(download.stream, { headers }));
});
