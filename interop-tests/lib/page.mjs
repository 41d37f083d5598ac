// A blank page with the functions of w3c.mjs, media.mjs and lab-page.mjs in it, served from a secure (127.0.0.1) or a plain (http://10.x) origin.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const text = (name) => fs.readFileSync(path.resolve(import.meta.dirname, name), 'utf8').replace(/^export /gm, '');
const W3C = text('w3c.mjs') + '\nwindow.w3c = { offerTo, answerAndEcho, bulk, gathered };\n'
  + text('media.mjs') + '\nwindow.media = { comesBack, goesOn, manyRounds, simulcast, sendBack };\n'
  + `window.lab = (() => { ${text('lab-page.mjs')}
 return { open, offer, accept, answer, connected, look, rises, gaps, close, dial, screen }; })();`;

export async function blankSite(host = '127.0.0.1') {
  const server = http.createServer((request, response) => {
    const script = request.url === '/w3c.js';
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? W3C : '<!doctype html><title>interop</title><body><script src="/w3c.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, host, resolve));
  return { url: `http://${host}:${server.address().port}/`, close: () => server.close() };
}

export const browsers = {
  chromium: () => import('../browsers/chromium.mjs'),
  firefox: () => import('../browsers/firefox.mjs'),
};
