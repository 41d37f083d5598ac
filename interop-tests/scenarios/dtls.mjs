// `limpid dtls` against OpenSSL and GnuTLS, as client and as server, with EC and RSA certificates.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LIMPID, program, testCase } from '../lib/report.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dtls-'));
const file = (name) => path.join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
const LABEL = 'EXTRACTOR-dtls_srtp', LENGTH = '60';

const certificates = {
  ec: ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('ec.key')],
  p384: ['ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', file('p384.key')],
  rsa: ['genrsa', '-out', file('rsa.key'), '2048'],
};
for (const [name, command] of Object.entries(certificates)) {
  openssl(...command);
  openssl('req', '-x509', '-new', '-key', file(`${name}.key`), '-out', file(`${name}.pem`), '-days', '2', '-subj', '/CN=interop');
}
let port = 45000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const exporter = (text) => /(?:keying material|exporter):\s*([0-9A-Fa-f]{40,})/i.exec(text)?.[1].toLowerCase();

/** Waits until `text()` matches, or fails with what there is. */
async function until(text, pattern, ms = 15000) {
  const start = Date.now();
  while (!pattern.test(text())) {
    if (Date.now() - start > ms) throw new Error(`no ${pattern} in:\n${text()}`);
    await pause(20);
  }
}

function talk(command, args) {
  const running = program(command, args);
  let text = '';
  running.child.stdout.on('data', (d) => { text += d; });
  running.child.stderr.on('data', (d) => { text += d; });
  return { ...running, text: () => text, say: (line) => running.child.stdin.write(`${line}\n`), kill: () => running.child.kill('SIGKILL') };
}

const OURS = ['--export-label', LABEL, '--export-length', LENGTH, '--srtp', 'SRTP_AES128_CM_SHA1_80'];
const EXPORT = ['-keymatexport', LABEL, '-keymatexportlen', LENGTH];

for (const kind of Object.keys(certificates)) {
  await testCase(`limpid dtls connect to openssl s_server (${kind}, mutual, exporter)`, async () => {
    const at = `127.0.0.1:${++port}`;
    const server = talk('openssl', ['s_server', '-dtls1_2', '-accept', at, '-cert', file(`${kind}.pem`), '-key', file(`${kind}.key`),
      '-Verify', '1', '-use_srtp', 'SRTP_AES128_CM_SHA1_80', ...EXPORT]);
    await until(server.text, /ACCEPT/);
    const client = talk(LIMPID, ['dtls', 'connect', at, ...OURS]);
    await until(client.text, /exporter:/);
    client.say('from limpid');
    await until(server.text, /from limpid/);
    server.say('from openssl');
    await until(client.text, /from openssl/);
    const [ours, theirs] = [exporter(client.text()), exporter(server.text())];
    client.kill(); server.kill();
    if (!ours || ours !== theirs) throw new Error(`exporters differ: ${ours} and ${theirs}`);
    return /suite: .*/.exec(client.text())?.[0];
  });

  await testCase(`openssl s_client to limpid dtls serve (${kind}, cookie, mutual, exporter)`, async () => {
    const at = `127.0.0.1:${++port}`;
    const server = talk(LIMPID, ['dtls', 'serve', at, '--cert', file(`${kind}.pem`), '--key', file(`${kind}.key`), '--cookie', '--mutual', ...OURS]);
    await pause(300);
    const client = talk('openssl', ['s_client', '-dtls1_2', '-connect', at, '-cert', file('ec.pem'), '-key', file('ec.key'),
      '-use_srtp', 'SRTP_AES128_CM_SHA1_80', ...EXPORT]);
    await until(client.text, /Verify return code|Keying material/i);
    client.say('echo me');
    await until(client.text, /echo me/);
    await until(server.text, /exporter:/);
    const [ours, theirs] = [exporter(server.text()), exporter(client.text())];
    client.kill(); server.kill();
    if (!ours || ours !== theirs) throw new Error(`exporters differ: ${ours} and ${theirs}`);
    return /suite: .*/.exec(server.text())?.[0];
  });
}

for (const suite of ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256']) {
  await testCase(`limpid dtls connect to openssl s_server (${suite})`, async () => {
    const at = `127.0.0.1:${++port}`;
    const server = talk('openssl', ['s_server', '-dtls1_2', '-accept', at, '-cert', file('ec.pem'), '-key', file('ec.key'), '-cipher', suite]);
    await until(server.text, /ACCEPT/);
    const client = talk(LIMPID, ['dtls', 'connect', at]);
    await until(client.text, /suite:/);
    client.say('hello');
    await until(server.text, /hello/);
    client.kill(); server.kill();
    return /suite: .*/.exec(client.text())?.[0];
  });
}

await testCase('limpid dtls connect to gnutls-serv', async () => {
  const at = ++port;
  const server = talk('gnutls-serv', ['--udp', '--port', String(at), '--x509certfile', file('ec.pem'), '--x509keyfile', file('ec.key'), '--echo', '--priority', 'NORMAL']);
  await until(server.text, /listening|ready/i);
  const client = talk(LIMPID, ['dtls', 'connect', `127.0.0.1:${at}`]);
  await until(client.text, /suite:/);
  client.say('through gnutls');
  await until(client.text, /through gnutls/);
  client.kill(); server.kill();
  return /suite: .*/.exec(client.text())?.[0];
});

await testCase('gnutls-cli to limpid dtls serve', async () => {
  const at = ++port;
  const server = talk(LIMPID, ['dtls', 'serve', `127.0.0.1:${at}`, '--cert', file('ec.pem'), '--key', file('ec.key'), '--mtu', '600']);
  await pause(300);
  const client = talk('gnutls-cli', ['--udp', '--insecure', '--port', String(at), '127.0.0.1', '--x509certfile', file('ec.pem'), '--x509keyfile', file('ec.key')]);
  await until(client.text, /Handshake was completed/);
  client.say('from gnutls');
  await until(client.text, /from gnutls/);
  client.kill(); server.kill();
});
fs.rmSync(folder, { recursive: true, force: true });
process.exit(0);
