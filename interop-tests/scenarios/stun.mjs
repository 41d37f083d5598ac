// `limpid stun` against coturn, and a coturn client against our own STUN server.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { LIMPID, listening, program, testCase } from '../lib/report.mjs';

const HOST = process.env.INTEROP_HOST || '10.77.0.1';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'coturn-'));
fs.writeFileSync(path.join(folder, 'turn.conf'), [
  `listening-ip=${HOST}`, 'listening-port=34780', 'no-cli', 'no-tls', 'no-dtls', 'no-tcp', 'stun-only', 'log-file=stdout',
  `pidfile=${folder}/pid`, `userdb=${folder}/db`,
].join('\n'));
const server = spawn('turnserver', ['-c', path.join(folder, 'turn.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
await new Promise((resolve) => setTimeout(resolve, 1000));

await testCase('limpid stun asks coturn', async () => {
  const { code, lines, errors, text } = await program(LIMPID, ['stun', `${HOST}:34780`, '--json']).done;
  if (code !== 0) throw new Error(`exit ${code}\n${text}${errors}`);
  if (!text.includes(HOST)) throw new Error(`no mapped address in ${JSON.stringify(lines)}`);
  return JSON.stringify(lines.at(-1));
});
server.kill('SIGKILL');

await testCase('coturn\'s client asks limpid serve', async () => {
  const serve = await listening(['serve', '--listen', `${HOST}:34781`]);
  try {
    const client = program('turnutils_stunclient', ['-p', '34781', HOST]);
    const { text, errors } = await client.done;
    if (!/reflexive addr: .*10\.77\.0\.1/i.test(text + errors)) throw new Error(text + errors);
    return 'reflexive address told';
  } finally {
    await serve.stop();
  }
});
fs.rmSync(folder, { recursive: true, force: true });
process.exit(0);
