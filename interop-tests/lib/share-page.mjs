// The Share page as a person uses it, in either browser: choose files, read the link, accept, take the download.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { folder, shareHash } from './share.mjs';
import { within } from './w3c.mjs';

const testid = (id) => `[data-testid=${id}]`;

/** What an element says, or null. */
function look(page, id) {
  return page.evaluate((selector) => {
    const node = document.querySelector(selector);
    return node && { text: node.textContent, data: { ...node.dataset }, href: node.href, value: node.getAttribute('aria-valuenow') };
  }, testid(id));
}

/** Waits until `test(element)` holds. An error on the page ends the wait, unless it is what is waited for. */
export async function until(page, id, test = () => true, ms = 60000) {
  const end = Date.now() + ms;
  for (;;) {
    const [found, error] = [await look(page, id), id === 'error' ? null : await look(page, 'error')];
    if (found && test(found)) return found;
    if (error) throw new Error(`the page says ${error.data.error}: ${error.text}`);
    if (Date.now() > end) throw new Error(`${id}: not there after ${ms} ms, but ${JSON.stringify(found)}; ${await page.evaluate(() => document.body.innerText)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Chooses files; gives the page and its link. */
export async function pageSends(browser, url, files) {
  const page = await browser.newPage(`${url}/`);
  await until(page, 'share-input');
  if (page.setInputFiles) await page.setInputFiles(testid('share-input'), files);
  else await (await page.$(testid('share-input'))).uploadFile(...files);
  const { href } = await until(page, 'share-link', ({ href }) => href?.includes('#s.'));
  await until(page, 'share-status');
  return { page, link: href };
}

/** Opens a link, and gives the list that is shown: `[[path, size]…]`. */
export async function pageOpens(browser, link) {
  const page = await browser.newPage(link);
  await until(page, 'receive-accept');
  const list = await page.evaluate((selector) => Array.from(document.querySelectorAll(`${selector} [data-path]`),
    ({ dataset }) => [dataset.path, Number(dataset.size)]), testid('receive-list'));
  return { page, list };
}

/** Accepts, and waits for the end; gives the hash that is shown and the file that the browser saved. */
export async function pageAccepts(page, downloads, { accept = 'receive-accept', done = 'transfer-done' } = {}) {
  const before = new Set(fs.readdirSync(downloads));
  const saved = page.waitForEvent
    ? page.waitForEvent('download', { timeout: 60000 }).then(async (download) => {
      const file = path.join(downloads, `${before.size}-${download.suggestedFilename()}`);
      await download.saveAs(file);
      return file;
    })
    : appears(downloads, before);
  saved.catch(() => {}); // the page may have more to say about it
  await page.click(testid(accept));
  const { text } = await until(page, done, ({ text }) => text.length === 64, 120000);
  return { hash: text, file: await within(saved, 60000, 'the download') };
}

/** Firefox writes NAME.part beside an empty NAME, then renames. */
async function appears(downloads, before) {
  for (;;) {
    const names = fs.readdirSync(downloads);
    const found = names.find((name) => !before.has(name) && !name.endsWith('.part'));
    if (found && !names.some((name) => name.endsWith('.part'))) {
      // Once more, so that a name that was only reserved is not taken for the whole.
      const file = path.join(downloads, found), size = fs.statSync(file).size;
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (fs.existsSync(file) && fs.statSync(file).size === size && !fs.readdirSync(downloads).some((name) => name.endsWith('.part'))) return file;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a page shows of a connection and of a transfer that has ended well. */
export async function pageShows(page, total) {
  const [way, cipher, progress] = [await look(page, 'transfer-path'), await look(page, 'transfer-cipher'), await look(page, 'transfer-progress')];
  if (!way?.text.startsWith('direct') || way.data.kind !== 'direct') throw new Error(`path: ${JSON.stringify(way)}`);
  if (!cipher?.text.includes('DTLS')) throw new Error(`cipher: ${JSON.stringify(cipher)}`);
  if (progress?.value !== '100' || Number(progress.data.bytes) !== total || Number(progress.data.total) !== total) {
    throw new Error(`progress: ${JSON.stringify(progress)} of ${total}`);
  }
  return `${way.text}, ${cipher.text}`;
}

/**
 * `files`, `[[path, file]…]`, from a page of one browser to a page of another, which may be the same. Both are in `pages`, for
 * who closes them; gives them and what was saved, once both show the hash that is computed here.
 */
export async function pageToPage([from, to], url, files, downloads, pages) {
  const { page: sender, link } = await pageSends(from, url, files.map(([, file]) => file));
  pages.push(sender);
  const { page: receiver, list } = await pageOpens(to, link);
  pages.push(receiver);
  expect('list', list, sizes(files));
  const { hash, file } = await pageAccepts(receiver, downloads);
  const sent = await until(sender, 'transfer-done');
  expect('hashes', [hash, sent.text], Array(2).fill(shareHash(files)));
  return { sender, receiver, file };
}

export const sizes = (files) => files.map(([name, file]) => [name, fs.statSync(file).size]);
export const total = (files) => sizes(files).reduce((sum, [, size]) => sum + size, 0);

export function expect(what, found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

/** Unpacks with somebody else's unzip. */
export function unzip(file) {
  const out = folder('unzipped');
  execFileSync('python3', ['-m', 'zipfile', '-e', file, out]);
  return out;
}
