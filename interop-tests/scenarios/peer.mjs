// Another implementation in both roles: `node peer.mjs aiortc|werift|pion|ndc|wrtc|gstreamer`.
import path from 'node:path';
import { LIMPID, listening, program, report, testCase } from '../lib/report.mjs';

const [name] = process.argv.slice(2);
const peers = path.resolve(import.meta.dirname, '../peers');
const HOST = process.env.INTEROP_HOST || '10.77.0.1';
const commands = {
  aiortc: [path.join(peers, 'aiortc/venv/bin/python'), [path.join(peers, 'aiortc/peer.py')]],
  pion: [path.join(peers, 'pion/pion'), []],
  // Debian's own Python has the bindings.
  gstreamer: ['/usr/bin/python3', [path.join(peers, 'gstreamer/peer.py')]],
};
const [command, args] = commands[name] || [process.execPath, [path.join(peers, 'w3c.mjs'), name]];
// Empty messages do not survive in these; everything else is sent in every size.
const probes = { werift: ['--size', '65536'], ndc: ['--size', '65536'], gstreamer: ['--size', '65535'] };

/** They decode what comes, and encode it anew. */
const RECODE = ['aiortc', 'wrtc'];

const answering = program(command, [...args, 'answer']);
const { url } = await answering.line((line) => line.event === 'listening', 30000);
await testCase(`limpid offers to ${name}`, async () => {
  const { code, lines, errors } = await program(LIMPID, ['probe', url, '--json', ...(probes[name] || [])]).done;
  const result = lines.find((line) => line.event === 'result');
  if (code !== 0) throw new Error(`exit ${code}: ${JSON.stringify(result)}\n${errors}`);
  return `${result.sent} sent, ${result.received} received, rtt ${result.rtt_ms?.median} ms`;
});
if (name !== 'ndc') await testCase(`limpid offers media to ${name}`, async () => {
  const { code, lines, errors } = await program(LIMPID, ['probe', url, '--media', '--messages', '1', '--size', '1200', '--json']).done;
  const result = lines.find((line) => line.event === 'result');
  if (code !== 0) throw new Error(`exit ${code}: ${JSON.stringify(result)}\n${errors}`);
  const { audio, video, latency_ms: latency } = result;
  for (const [kind, count] of Object.entries({ audio, video })) {
    // Those that decode and encode anew take their time to begin, and leave out what comes late.
    const enough = RECODE.includes(name) ? 0.5 : 0.98;
    if (count.received < count.sent * enough) throw new Error(`${kind}: ${JSON.stringify(count)}`);
    if (!RECODE.includes(name) && count.lost > count.sent * 0.02) throw new Error(`${kind}: ${JSON.stringify(count)}`);
  }
  return `audio ${JSON.stringify(audio)}, video ${JSON.stringify(video)}, latency ${JSON.stringify(latency)}`;
});
answering.child.stdin.end();
await Promise.race([answering.done, new Promise((r) => setTimeout(r, 2000))]);
answering.child.kill('SIGKILL');

const echo = await listening(['echo', '--listen', `${HOST}:0`, '--negotiated', '100']);
const echoUrl = echo.event.url.endsWith('/offer') ? echo.event.url : new URL('/offer', echo.event.url).href;
const offering = program(command, [...args, 'offer', echoUrl]);
const { code, lines, errors } = await offering.done;
for (const { name: what, ok, ms, detail, info } of lines) {
  if (what && !info) report(`${name} offers: ${what}`, { ok, ms, detail });
}
if (!lines.some((line) => line.name)) {
  report(`${name} offers`, { ok: false, detail: `exit ${code}, and nothing said\n${errors}` });
}
await echo.stop();
process.exit(0);
