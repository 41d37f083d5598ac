// Signalling servers that lie. One alters fingerprints: DTLS itself finds out, exit 6. One ends DTLS with certificates of its
// own on both sides: only the proof finds out, exit 4. In neither case does a byte of the share leave its sender.
import fs from 'node:fs';
import { altersFingerprints, reTerminates } from '../lib/liar.mjs';
import { browsers } from '../lib/page.mjs';
import { testCase } from '../lib/report.mjs';
import { ends, folder, makeFile, receive, send, serve } from '../lib/share.mjs';
import { pageSends, until } from '../lib/share-page.mjs';

const server = await serve();
const file = makeFile(folder('source'), 'secret.bin', 100_000);
/** A link as the liar hands it out. */
const through = (link, liar) => link.replace(new URL(link).origin, liar.url);

function nothingCame(...programs) {
  for (const { lines } of programs) {
    const connected = lines.find(({ event }) => ['connected', 'offered', 'progress'].includes(event));
    if (connected) throw new Error(`went on: ${JSON.stringify(connected)}`);
  }
}

function nothingWritten(out) {
  if (fs.readdirSync(out).length) throw new Error(`written: ${fs.readdirSync(out)}`);
}

function says(result, slug, words) {
  if (result.error !== slug || !words.test(result.message)) throw new Error(JSON.stringify(result));
}

async function pageSays(page, slug) {
  const { data, text } = await until(page, 'error');
  if (data.error !== slug) throw new Error(`${data.error}: ${text}`);
  return text;
}

for (const type of ['offer', 'answer']) {
  await testCase(`an altered fingerprint in the ${type}: programs end with 6`, async () => {
    const liar = await altersFingerprints(server.url, type);
    const sender = await send(server.url, [file]);
    const out = folder('out');
    const receiver = receive(through(sender.link, liar), out);
    says(await ends(receiver, 6), 'fingerprint', /somebody else answered in the middle/i);
    says(await ends(sender, 6), 'fingerprint', /nothing was sent/i);
    nothingCame(sender, receiver);
    nothingWritten(out);
    if (liar.seen.altered === 0) throw new Error('nothing was altered');
    liar.close();
  });
}

await testCase('a server that ends DTLS itself: the proof fails, the receiver ends with 4, the sender keeps waiting', async () => {
  const liar = await reTerminates(server.url);
  const sender = await send(liar.url, [file]);
  const out = folder('out');
  const receiver = receive(sender.link, out);
  says(await ends(receiver, 4), 'bad-proof', /could not prove that it holds this link/i);
  const refused = await sender.line(({ event }) => event === 'refused');
  says(refused, 'bad-proof', /nothing was sent/i);
  nothingCame(sender, receiver);
  onlyHellos(liar);
  nothingWritten(out);
  if (sender.child.exitCode !== null) throw new Error('the sender gave up');
  sender.child.kill('SIGINT');
  await ends(sender, 130);
  liar.close();
});

/** Secured on both sides, both proofs passed on, and nothing else. */
function onlyHellos({ seen }) {
  const kinds = seen.messages.map(([from, channel, data]) => `${from} ${channel} ${typeof data === 'string' ? JSON.parse(data).m : 'bytes'}`);
  if (kinds.filter((kind) => kind.endsWith('control hello')).length !== 2 || seen.messages.some(([, channel]) => channel !== 'control')
    || kinds.some((kind) => !/ control (hello|error)$/.test(kind))) throw new Error(`relayed: ${kinds}`);
}

for (const [name, open] of Object.entries(browsers)) {
  const browser = await (await open()).launch();

  await testCase(`an altered fingerprint in the answer: ${name}'s page says so`, async () => {
    const liar = await altersFingerprints(server.url, 'answer');
    const sender = await send(server.url, [file]);
    const page = await browser.newPage(through(sender.link, liar));
    const words = await pageSays(page, 'fingerprint');
    await page.close();
    says(await ends(sender, 6), 'fingerprint', /nothing was sent/i);
    nothingCame(sender);
    liar.close();
    return words.slice(0, 60);
  });

  await testCase(`an altered fingerprint in the offer: ${name}'s page says so`, async () => {
    const liar = await altersFingerprints(server.url, 'offer');
    const { page, link } = await pageSends(browser, server.url, [file]);
    const out = folder('out');
    const receiver = receive(through(link, liar), out);
    const words = await pageSays(page, 'fingerprint');
    says(await ends(receiver, 6), 'fingerprint', /nothing was sent/i);
    nothingCame(receiver);
    nothingWritten(out);
    await page.close();
    liar.close();
    return words.slice(0, 60);
  });

  await testCase(`a server that ends DTLS itself: the proof fails on ${name}'s page`, async () => {
    const liar = await reTerminates(server.url);
    const sender = await send(liar.url, [file]);
    const page = await browser.newPage(sender.link);
    const words = await pageSays(page, 'bad-proof');
    const refused = await sender.line(({ event }) => event === 'refused');
    says(refused, 'bad-proof', /nothing was sent/i);
    nothingCame(sender);
    onlyHellos(liar);
    await page.close();
    sender.child.kill('SIGINT');
    await ends(sender, 130);
    liar.close();
    return words.slice(0, 60);
  });

  await testCase(`a server that ends DTLS itself: the proof fails on ${name}'s page that sends`, async () => {
    const liar = await reTerminates(server.url);
    const { page, link } = await pageSends(browser, liar.url, [file]);
    const out = folder('out');
    const receiver = receive(link, out);
    const words = await pageSays(page, 'bad-proof');
    says(await ends(receiver, 4), 'bad-proof', /nothing was sent/i);
    nothingCame(receiver);
    nothingWritten(out);
    onlyHellos(liar);
    await page.close();
    liar.close();
    return words.slice(0, 60);
  });
  await browser.close();
}
await server.stop();
process.exit(0);
