// What `--trace` leaves is what other people's tools read: tshark opens the capture of both ends, decrypts it with the keys
// inside, finds nothing malformed, and lists the association's INIT, the channel's DCEP OPEN and the DATA.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LIMPID, listening, program, testCase } from '../lib/report.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'capture-'));
const file = (name) => path.join(folder, name);
const tshark = (...args) => execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
const traces = (name) => ['pcapng', 'rtclog', 'txt'].flatMap((kind) => ['--trace', file(`${name}.${kind}`)]);
const check = (holds, what) => { if (!holds) throw new Error(what); };

/** An echo and a probe on one machine, each with its traces. */
async function talk(name, extra, messages) {
  const echo = await listening(['echo', '--listen', '127.0.0.1:0', ...traces(`${name}-echo`), ...extra]);
  const { code, errors } = await program(LIMPID, [
    'probe', echo.event.url, '--json', '--messages', String(messages), ...traces(`${name}-probe`), ...extra,
  ]).done;
  await echo.stop();
  check(code === 0, `probe: exit ${code}\n${errors}`);
}

/**
 * Acts again until a handshake has taken one path. Where ICE finds a better one in its midst, half of it runs between other ports,
 * and tshark, which goes by ports, can not put the keys to use.
 */
async function onOnePath(prefix, act) {
  const ours = () => fs.readdirSync(folder).filter((name) => name.startsWith(prefix)).map(file);
  for (let tries = 0; tries < 8; tries++) {
    ours().forEach((name) => fs.rmSync(name));
    await act();
    const capture = ours().find((name) => name.endsWith('.pcapng'));
    const paths = tshark('-r', capture, '-Y', 'frame.interface_name == "wire" && dtls.handshake', '-T', 'fields', '-e', 'udp.stream');
    if (new Set(paths.trim().split('\n')).size === 1) return;
  }
  throw new Error('the path changed within every handshake');
}

function readable(capture, { keys }) {
  const fields = ['frame.interface_name', 'sctp.chunk_type', 'rtcdc.message_type', 'dtls.handshake.verify_data'];
  const rows = tshark('-r', capture, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
    .replace(/\n$/, '').split('\n').map((row) => row.split('\t'));
  const bad = tshark('-r', capture, '-Y', '_ws.malformed || _ws.expert.severity == error');
  check(bad === '', `${capture}: tshark finds fault with\n${bad}`);
  const count = (test) => rows.filter(test).length;
  const chunk = (kind) => count(([, chunks]) => chunks.split(',').includes(kind));
  const found = {
    packets: rows.length,
    init: chunk('1'),
    data: chunk('0'),
    open: count(([, , message]) => message.split(',').includes('3')),
    decrypted: count(([on, , , finished]) => on === 'wire' && finished !== ''),
  };
  const text = JSON.stringify(found);
  if (keys) check(found.init && found.data && found.open && found.decrypted, `${capture}: ${text}`);
  else check(!found.init && !found.data && !found.decrypted, `${capture} shows what was encrypted: ${text}`);
  return text;
}

await testCase('tshark reads the captures of echo and probe, with the keys inside', async () => {
  await onOnePath('keys-', () => talk('keys', ['--with-keys'], 20));
  for (const name of fs.readdirSync(folder).filter((name) => name.startsWith('keys-'))) {
    check(name.includes('.SECRET.'), `${name} holds keys and does not say so`);
    check((fs.statSync(file(name)).mode & 0o777) === 0o600, `${name} may be read by others`);
  }
  return ['keys-echo', 'keys-probe'].map((name) => readable(file(`${name}.SECRET.pcapng`), { keys: true })).join(' ');
});

await testCase('a capture without keys shows nothing that was encrypted', async () => {
  await talk('plain', [], 5);
  return readable(file('plain-probe.pcapng'), { keys: false });
});

await testCase('the log and the ladder tell the same connection', async () => {
  const lines = fs.readFileSync(file('keys-probe.SECRET.rtclog'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  check(lines[0].file_schema === 'urn:limpid:rtclog:1', 'the first line says what the file is');
  const names = new Set(lines.slice(1).map((line) => line.name));
  for (const name of ['sdp:local_set', 'sdp:remote_set', 'stun:packet_sent', 'dtls:record_received', 'sctp:chunk_sent']) {
    check(names.has(name), `no ${name} among ${[...names].join(' ')}`);
  }
  const ladder = fs.readFileSync(file('keys-probe.SECRET.txt'), 'utf8');
  const places = ['Binding request', 'ClientHello', 'DATA_CHANNEL_OPEN'].map((word) => ladder.indexOf(word));
  check(places.every((place, index) => place >= 0 && (!index || place > places[index - 1])), `${places} in\n${ladder.slice(0, 4000)}`);
  const logs = ['keys-probe.SECRET.rtclog', 'plain-probe.rtclog'].map((name) => fs.readFileSync(file(name), 'utf8'));
  check(logs.every((log) => !/a=ice-pwd:[A-Za-z0-9+/]/.test(log)), 'a log tells a password of ICE');
  return `${lines.length} events`;
});

await testCase('a bulk transfer keeps its beginning and stays within its bounds', async () => {
  const args = ['--messages', '400', '--size', '262144'];
  await onOnePath('bulk.', async () => {
    const echo = await listening(['echo', '--listen', '127.0.0.1:0', '--trace', file('bulk.pcapng'), '--with-keys']);
    const probe = await program(LIMPID, ['probe', echo.event.url, '--json', ...args]).done;
    await echo.stop();
    check(probe.code === 0, `probe: exit ${probe.code}\n${probe.errors}`);
  });
  const size = fs.statSync(file('bulk.SECRET.pcapng')).size;
  check(size < 100 << 20, `${size} bytes of 200 MiB twice over`);
  return `${(size / 1e6).toFixed(0)} MB, ${readable(file('bulk.SECRET.pcapng'), { keys: true })}`;
});

fs.rmSync(folder, { recursive: true, force: true });
process.exit(0);
