// Files between pages, and between a page and a program: `node share-pages.mjs chromium|firefox`. On a secure context
// (http://127.0.0.1) and on plain http://10.x, where the page has neither WebCrypto nor a service worker.
import path from 'node:path';
import { browsers } from '../lib/page.mjs';
import { testCase } from '../lib/report.mjs';
import { HOST, ends, folder, makeFile, receive, root, sameFile, send, serve, shareHash } from '../lib/share.mjs';
import { expect, pageAccepts, pageOpens, pageSends, pageShows, pageToPage, sizes, total, unzip, until } from '../lib/share-page.mjs';

const [name] = process.argv.slice(2);
const { launch } = await browsers[name]();
const downloads = folder('downloads');
const browser = await launch({ downloads });
const server = await serve('0.0.0.0:0');
const { port } = new URL(server.url);
const source = folder('source');
const small = ['one.bin', 'empty', 'größe 水.txt'].map((file, n) => [file, makeFile(source, file, [3_456_789, 0, 17][n])]);
const large = ['large.bin', makeFile(source, 'large.bin', 40 << 20)];
const paths = (files) => files.map(([, where]) => where);

for (const [context, url] of [['secure', `http://127.0.0.1:${port}`], ['plain http', `http://${HOST}:${port}`]]) {
  const title = (what) => `${name}, ${context}: ${what}`;
  const pages = [];
  const done = () => Promise.all(pages.splice(0).map((page) => page.close()));

  await testCase(title('page to page, one file'), async () => {
    const { sender, receiver, file } = await pageToPage([browser, browser], url, [large], downloads, pages);
    expect('isSecureContext', await receiver.evaluate(() => isSecureContext), context === 'secure');
    sameFile(file, large[1]);
    await pageShows(sender, total([large]));
    return pageShows(receiver, total([large]));
  });
  await done();

  await testCase(title('page to page, several files as one archive'), async () => {
    const { file } = await pageToPage([browser, browser], url, small, downloads, pages);
    const out = unzip(file);
    for (const [inside, where] of small) sameFile(path.join(out, inside), where);
  });
  await done();

  await testCase(title('page to program'), async () => {
    const files = [...small, large];
    const { page: sender, link } = await pageSends(browser, url, paths(files));
    pages.push(sender);
    const out = folder('out');
    const result = await ends(receive(link, out), 0);
    for (const [inside, where] of files) sameFile(path.join(out, inside), where);
    const sent = await until(sender, 'transfer-done');
    expect('hashes', [result.hash, `sha256t:${sent.text}`], Array(2).fill(`sha256t:${shareHash(files)}`));
    return `${(result.bytes / 1e6 / result.seconds).toFixed(0)} MB/s; ${await pageShows(sender, total(files))}`;
  });
  await done();

  await testCase(title('program to page'), async () => {
    const sender = await send(url, paths([large]));
    const { page: receiver, list } = await pageOpens(browser, sender.link);
    pages.push(receiver);
    expect('list', list, sizes([large]));
    const { hash, file } = await pageAccepts(receiver, downloads);
    sameFile(file, large[1]);
    const result = await ends(sender, 0);
    expect('hashes', [result.hash, `sha256t:${hash}`], Array(2).fill(`sha256t:${root(large[1]).toString('hex')}`));
    return `${(result.bytes / 1e6 / result.seconds).toFixed(0)} MB/s; ${await pageShows(receiver, total([large]))}`;
  });
  await done();

  await testCase(title('a page that declines'), async () => {
    const sender = await send(url, paths(small));
    const { page } = await pageOpens(browser, sender.link);
    pages.push(page);
    await page.click('[data-testid=receive-decline]');
    await ends(sender, 9);
  });
  await done();
}
await browser.close();
await server.stop();
process.exit(0);
