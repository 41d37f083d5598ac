// Runs every scenario (or those whose name holds one of the arguments) and prints what `cargo xtask interop` shows:
// a table and `N passed, N failed, N skipped`; out/results.json keeps the last results of each scenario. Run as root inside the
// namespace limpid-a.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { OUT } from './lib/report.mjs';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);

/** name, script, arguments, minutes that it may take. */
const SCENARIOS = [
  ['stun', 'stun.mjs', [], 1],
  ['dtls', 'dtls.mjs', [], 3],
  ['srtp', 'srtp.mjs', [], 1],
  ['capture', 'capture.mjs', [], 4],
  ['payloads', 'payloads.mjs', [], 8],
  ['media files', 'media-files.mjs', [], 4],
  ['chromium offers', 'browser-offers.mjs', ['chromium'], 5],
  ['firefox offers', 'browser-offers.mjs', ['firefox'], 6],
  ['limpid offers to chromium', 'limpid-offers.mjs', ['chromium'], 4],
  ['limpid offers to firefox', 'limpid-offers.mjs', ['firefox'], 5],
  ['media chromium', 'media.mjs', ['chromium'], 6],
  ['media firefox', 'media.mjs', ['firefox'], 8],
  ['media impaired chromium', 'media-impaired.mjs', ['chromium'], 6],
  ['media impaired firefox', 'media-impaired.mjs', ['firefox'], 6],
  ['media changes chromium', 'media-changes.mjs', ['chromium'], 5],
  ['media changes firefox', 'media-changes.mjs', ['firefox'], 5],
  ['aiortc', 'peer.mjs', ['aiortc'], 3],
  ['werift', 'peer.mjs', ['werift'], 3],
  ['pion', 'peer.mjs', ['pion'], 3],
  ['libdatachannel', 'peer.mjs', ['ndc'], 3],
  ['libwebrtc', 'peer.mjs', ['wrtc'], 3],
  ['gstreamer', 'peer.mjs', ['gstreamer'], 3],
  ['share between programs', 'share-cli.mjs', [], 4],
  ['share chromium', 'share-pages.mjs', ['chromium'], 6],
  ['share firefox', 'share-pages.mjs', ['firefox'], 8],
  ['share between browsers', 'share-browsers.mjs', [], 4],
  ['trust', 'trust.mjs', [], 4],
  ['call chromium', 'call-pages.mjs', ['chromium', 'chromium'], 6],
  ['call firefox', 'call-pages.mjs', ['firefox', 'firefox'], 6],
  ['call between browsers', 'call-pages.mjs', ['chromium', 'firefox'], 6],
  ['call native', 'call-native.mjs', [], 6],
  ['call of three', 'call-three.mjs', [], 6],
  ['call without its path', 'call-path.mjs', [], 8],
  ['call for everybody', 'call-access.mjs', [], 8],
];

function run([name, script, args, minutes]) {
  return new Promise((resolve) => {
    const results = [];
    const started = Date.now();
    const out = path.join(OUT, name.replaceAll(' ', '-'));
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(out, { recursive: true });
    const child = spawn(process.execPath, [path.join(here, 'scenarios', script), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, INTEROP_OUT: out }, detached: true,
    });
    let rest = '', errors = '';
    child.stderr.on('data', (d) => { errors += d; });
    child.stdout.on('data', (d) => {
      rest += d;
      const lines = rest.split('\n');
      rest = lines.pop();
      for (const line of lines) {
        try {
          const result = JSON.parse(line);
          if (!result.name) continue;
          results.push(result);
          show(result);
        } catch { errors += `${line}\n`; }
      }
    });
    const kill = () => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* gone */ } };
    const timer = setTimeout(() => {
      results.push(show({ name: `${name}: everything`, ok: false, detail: `not done within ${minutes} min` }));
      kill();
    }, minutes * 60000);
    child.on('close', (code) => {
      clearTimeout(timer);
      kill(); // what the scenario left running
      if (results.length === 0 || (code !== 0 && results.every((r) => r.ok !== false))) {
        results.push(show({ name: `${name}: everything`, ok: false, detail: `exit ${code} after ${results.length} cases\n${errors}` }));
      }
      const failed = results.some((r) => r.ok === false);
      if (failed) {
        fs.writeFileSync(path.join(out, 'log.txt'), errors);
      // Where only what is printed is left of a run, it is all there is.
      if (process.env.LIMPID_CI) console.log(errors.slice(-4000).replace(/^/gm, '         | '));
        fs.writeFileSync(path.join(out, 'results.json'), JSON.stringify(results, null, 1));
        const repeat = `#!/bin/sh\n# From the top of the project; traces stay even where all goes well.\nINTEROP_KEEP=1 cargo xtask interop '${name}'\n`;
        fs.writeFileSync(path.join(out, 'repeat.sh'), repeat, { mode: 0o755 });
        describe(out);
      } else if (!process.env.INTEROP_KEEP) {
        fs.rmSync(out, { recursive: true, force: true });
      }
      resolve(results);
      process.stderr.write(`-- ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    });
  });
}

/** The descriptions that stand in the logs, as files of their own. */
function describe(out) {
  for (const log of fs.readdirSync(out).filter((name) => name.endsWith('.rtclog'))) {
    let count = 0;
    for (const line of fs.readFileSync(path.join(out, log), 'utf8').split('\n')) {
      if (!line.includes('"name":"sdp:')) continue;
      const { name, group_id, data } = JSON.parse(line);
      const file = `${path.parse(log).name.replace('.SECRET', '')}-${group_id}-${++count}-${name.slice(4)}-${data.type}.sdp`;
      fs.writeFileSync(path.join(out, file), data.sdp);
    }
  }
}

function show(result) {
  const mark = result.skip ? 'skipped' : result.ok ? 'passed ' : 'FAILED ';
  const detail = String(result.detail || '').split('\n');
  console.log(`${mark}  ${result.name}${detail[0] ? `  (${detail[0]})` : ''}`);
  if (result.ok === false) console.log(detail.slice(1).map((line) => `         ${line}`).join('\n'));
  return result;
}

/** Puts what a scenario found into results.json; what is there of others stays. */
function keep(scenario, results) {
  const file = path.join(OUT, 'results.json');
  let before = {};
  try { before = JSON.parse(fs.readFileSync(file, 'utf8')).scenarios ?? {}; } catch { /* the first run, or one cut off while it wrote */ }
  before[scenario] = { at: new Date().toISOString(), node: process.version, results };
  const known = SCENARIOS.filter(([name]) => before[name]).map(([name]) => [name, before[name]]);
  fs.writeFileSync(file, JSON.stringify({ v: 2, scenarios: Object.fromEntries(known) }, null, 1));
}

const chosen = SCENARIOS.filter(([name]) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`no scenario's name holds ${wanted.join(' or ')}; there are: ${SCENARIOS.map(([name]) => name).join(', ')}`);
  process.exit(2);
}
const all = [], unstable = [];
for (const scenario of chosen) {
  let results = await run(scenario);
  // A machine that others use too can be too slow for once. What fails twice is wrong; what fails once is told of.
  const isBroken = () => results.some((result) => !result.skip && !result.ok);
  if (process.env.LIMPID_CI && isBroken()) {
    const failed = results.filter((result) => !result.skip && !result.ok).map((result) => result.name);
    console.log(`-- ${scenario[0]}: once more`);
    results = await run(scenario);
    if (!isBroken()) unstable.push(...failed);
  }
  keep(scenario[0], results);
  all.push(...results);
}
const may = fs.readFileSync(path.join(here, 'may-skip.txt'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'));
const skipped = all.filter((r) => r.skip);
const forbidden = process.env.LIMPID_CI ? skipped.filter((r) => !may.includes(r.name)) : [];
for (const result of forbidden) show({ ...result, skip: false, ok: false, detail: `skipped, and not in may-skip.txt: ${result.skip}` });
const failed = all.filter((r) => !r.skip && !r.ok).length + forbidden.length;
const passed = all.filter((r) => !r.skip && r.ok).length;
unstable.forEach((name) => console.log(`unstable ${name}`));
console.log(`${passed} passed, ${failed} failed, ${skipped.length - forbidden.length} skipped`);
process.exit(failed ? 1 : 0);
