// Debian's Firefox ESR, headless, through puppeteer-core (WebDriver BiDi). Run inside a network namespace.
import puppeteer from 'puppeteer-core';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PREFERENCES = {
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-manager.url': '',
  'media.peerconnection.ice.loopback': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.trr.mode': 5,
  'services.settings.server': '',
  'toolkit.telemetry.enabled': false,
  'browser.download.useDownloadDir': true,
  'browser.download.folderList': 2,
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.download.manager.showWhenStarting': false,
  'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream,application/zip',
};

/** Cameras and microphones that do not exist, asked of nobody; sound without a click. */
const MEDIA = { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0 };

/** `media`: with fake devices. `mdns`: keep `.local` names in place of host addresses. `downloads`: the folder that they go to. */
export async function launch({ mdns = false, media = false, preferences = {}, downloads } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, userDataDir: profile, timeout: 90000,
    protocolTimeout: 180000,
    env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1', MOZ_DISABLE_CONTENT_SANDBOX: '1' },
    extraPrefsFirefox: {
      ...PREFERENCES,
      'media.peerconnection.ice.obfuscate_host_addresses': mdns,
      ...(downloads ? { 'browser.download.dir': downloads } : {}),
      ...(media ? MEDIA : {}),
      ...preferences,
    },
  });
  return {
    name: 'firefox',
    version: await browser.version(),
    async newPage(url) {
      const page = await browser.newPage();
      page.on('console', (message) => { if (message.type() === 'error') process.stderr.write(`firefox: ${message.text()}\n`); });
      if (url) await page.goto(url);
      return page;
    },
    async close() {
      await browser.close().catch(() => {});
      fs.rmSync(profile, { recursive: true, force: true });
    },
  };
}
