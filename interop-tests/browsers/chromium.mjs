// Debian's Chromium, headless, through playwright-core. Run inside a network namespace: it asks the network for names at start.
import { chromium } from 'playwright-core';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-default-apps', '--disable-dev-shm-usage',
];
/** Host addresses in the open, as a page has them that was allowed to use the camera. */
const PLAIN = '--disable-features=WebRtcHideLocalIpsWithMdns';

/** Cameras and microphones that do not exist, asked of nobody; sound without a click. */
const MEDIA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];

/** `media`: with fake devices. `mdns`: keep `.local` names in place of host addresses. */
export async function launch({ mdns = false, media = false, flags = [] } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium', headless: true, timeout: 60000, acceptDownloads: true,
    args: [...FLAGS, ...(mdns ? [] : [PLAIN]), ...(media ? MEDIA : []), ...flags],
  });
  return {
    name: 'chromium',
    version: context.browser()?.version() ?? '',
    async newPage(url) {
      const page = await context.newPage();
      page.on('pageerror', (error) => process.stderr.write(`chromium: ${error}\n`));
      page.on('console', (message) => { if (message.type() === 'error') process.stderr.write(`chromium: ${message.text()}\n`); });
      if (url) await page.goto(url);
      return page;
    },
    async close() {
      await context.close();
      fs.rmSync(profile, { recursive: true, force: true });
    },
  };
}
