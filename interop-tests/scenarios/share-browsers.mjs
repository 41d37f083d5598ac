// Files from a page in one browser to a page in the other, both ways, on a secure context and on plain http://10.x.
import path from 'node:path';
import { browsers } from '../lib/page.mjs';
import { testCase } from '../lib/report.mjs';
import { HOST, folder, makeFile, sameFile, serve } from '../lib/share.mjs';
import { pageShows, pageToPage, total, unzip } from '../lib/share-page.mjs';

const downloads = folder('downloads');
const open = await Promise.all(Object.values(browsers).map(async (browser) => (await browser()).launch({ downloads })));
const server = await serve('0.0.0.0:0');
const { port } = new URL(server.url);
const source = folder('source');
const large = ['large.bin', makeFile(source, 'large.bin', 40 << 20)];
const small = ['one.bin', 'größe 水.txt'].map((name, n) => [name, makeFile(source, name, [3_456_789, 17][n])]);

for (const [context, url] of [['secure', `http://127.0.0.1:${port}`], ['plain http', `http://${HOST}:${port}`]]) {
  for (const way of [open, open.toReversed()]) {
    const pages = [];
    const title = `${way[0].name} to ${way[1].name}, ${context}`;
    await testCase(`${title}: one file`, async () => {
      const { sender, receiver, file } = await pageToPage(way, url, [large], downloads, pages);
      sameFile(file, large[1]);
      await pageShows(sender, total([large]));
      return pageShows(receiver, total([large]));
    });
    await testCase(`${title}: several files as one archive`, async () => {
      const { file } = await pageToPage(way, url, small, downloads, pages);
      const out = unzip(file);
      for (const [inside, where] of small) sameFile(path.join(out, inside), where);
    });
    for (const page of pages) await page.close();
  }
}
for (const browser of open) await browser.close();
await server.stop();
process.exit(0);
