// Files between two programs, by way of `limpid serve`; and every way in which that can end.
import fs from 'node:fs';
import path from 'node:path';
import { LIMPID, program, testCase } from '../lib/report.mjs';
import { ends, folder, makeFile, receive, root, sameFile, send, serve, shareHash } from '../lib/share.mjs';
import { slowDisk } from '../lib/slow-disk.mjs';
import { within } from '../lib/w3c.mjs';

const server = await serve();
const source = folder('source');

/** Both programs say the hash that is computed here, of what was sent and of what came. */
function sameHashes(result, sent, ...files) {
  const hashes = [result.hash, sent.hash, ...files.map((file) => `sha256t:${root(file).toString('hex')}`)];
  if (new Set(hashes).size !== 1) throw new Error(`hashes: ${hashes.join(' ')}`);
}

await testCase('program to program: several files, a folder, an empty file', async () => {
  const names = ['a.bin', 'empty', 'größe 水.txt', 'tree/c.bin', 'tree/deep/b.bin'];
  const files = names.map((name, n) => [name, makeFile(source, name, [123456, 0, 17, 1 << 20, 3 << 20][n])]);
  const sender = await send(server.url, ['a.bin', 'empty', 'größe 水.txt', 'tree'].map((name) => path.join(source, name)));
  const out = folder('out');
  const result = await ends(receive(sender.link, out), 0);
  const sent = await ends(sender, 0);
  for (const [name, file] of files) sameFile(file, path.join(out, name));
  const hash = `sha256t:${shareHash(files)}`;
  if (result.hash !== hash || sent.hash !== hash) throw new Error(`hashes: ${hash} ${result.hash} ${sent.hash}`);
  if (result.files !== 5 || result.saved.length !== 5) throw new Error(JSON.stringify(result));
  return hash;
});

await testCase('program to program: 100 MiB with its hash', async () => {
  const file = makeFile(source, 'large.bin', 100 << 20);
  const sender = await send(server.url, [file]);
  const out = folder('out');
  const receiver = receive(sender.link, out);
  const [result, sent] = [await ends(receiver, 0), await ends(sender, 0)];
  sameHashes(result, sent, file, path.join(out, 'large.bin'));
  const { path: way, cipher, peer } = receiver.lines.find((line) => line.event === 'connected');
  if (way.kind !== 'direct' || cipher.dtls !== '1.2' || peer !== 'link') throw new Error(JSON.stringify({ way, cipher, peer }));
  return `${(result.bytes / 1e6 / result.seconds).toFixed(0)} MB/s`;
});

await testCase('program to program: declined is 9 on both sides', async () => {
  const sender = await send(server.url, [path.join(source, 'a.bin')]);
  const receiver = receive(sender.link, folder('out'), []);
  receiver.child.stdin.end('n\n');
  await ends(receiver, 9);
  await ends(sender, 9);
});

await testCase('program to program: a second receiver is 11', async () => {
  const sender = await send(server.url, [path.join(source, 'large.bin')]);
  const first = receive(sender.link, folder('out'), []); // asked, and not answering
  await first.line((line) => line.event === 'offered');
  await ends(receive(sender.link, folder('out')), 11);
  first.child.stdin.end('y\n');
  await ends(first, 0);
  await ends(sender, 0);
});

await testCase('program to program: a sender that dies midway is 7 within 45 s, and .part is what had come', async () => {
  const size = 200 << 20, file = makeFile(source, 'dying.bin', size);
  const sender = await send(server.url, [file]);
  const out = folder('out'), part = path.join(out, 'dying.bin.part');
  // At 50 MB/s it takes four seconds.
  const receiver = receive(sender.link, out, ['--yes'], { env: slowDisk(20).env });
  await receiver.line((line) => line.event === 'progress' && line.bytes > size / 5);
  sender.child.kill('SIGKILL');
  const killed = Date.now();
  await within(ends(receiver, 7), 45_000, 'the receiver\'s end');
  const seconds = (Date.now() - killed) / 1000;
  if (fs.readdirSync(out).join() !== 'dying.bin.part') throw new Error(`left: ${fs.readdirSync(out).join(' ')}`);
  const kept = fs.readFileSync(part);
  if (!(kept.length > size / 10 && kept.length < size * 0.9)) throw new Error(`${kept.length} of ${size} bytes: not midway`);
  if (kept.length % (1 << 20) || kept.compare(fs.readFileSync(file), 0, kept.length)) throw new Error('.part is not the beginning of the file');
  return `${(kept.length / size * 100).toFixed(0)} % kept, ${seconds.toFixed(1)} s`;
});

await testCase('program to program: a link that is none is 2, a link without a sender 3', async () => {
  await ends(receive('http://127.0.0.1:1/#s.short', folder('out')), 2);
  const nobody = `${server.url}/#s.${'A'.repeat(43)}`;
  await ends(receive(nobody, folder('out')), 3);
  await ends(receive(nobody.replace(/\/\/[^/]*/, '//127.0.0.1:9'), folder('out')), 5);
});

await testCase('program to program: interrupted is 130', async () => {
  const sender = await send(server.url, [path.join(source, 'a.bin')]);
  sender.child.kill('SIGINT');
  await ends(sender, 130);
});

await testCase('program to program: 2 GiB to a sink of at most 100 MB/s, in less than 96 MiB', async () => {
  const file = path.join(source, 'sparse.bin'), size = 2 ** 31, rate = 10;
  // Full of holes, and each group another.
  const sparse = fs.openSync(file, 'w');
  fs.ftruncateSync(sparse, size);
  for (let at = 0; at < size; at += 1 << 20) fs.writeSync(sparse, `group ${at >> 20}`, at + (at >> 12));
  fs.closeSync(sparse);
  const [sending, receiving] = [slowDisk(), slowDisk(rate)];
  const bare = { trace: false }; // a trace takes memory of its own
  const sender = await send(server.url, [file], { ...bare, env: sending.env });
  const out = folder('out');
  const receiver = receive(sender.link, out, ['--yes'], { ...bare, env: receiving.env });
  const [result, sent] = [await ends(receiver, 0), await ends(sender, 0)];
  sameHashes(result, sent, file, path.join(out, 'sparse.bin'));
  if (result.seconds < size * rate / 1e9) throw new Error(`the sink was not slow: ${result.seconds} s`);
  const peaks = [receiving.peak(), sending.peak()];
  if (!peaks.every((peak) => peak > 1 && peak < 96)) throw new Error(`${peaks} MiB`);
  return `receiver ${peaks[0].toFixed(0)} MiB, sender ${peaks[1].toFixed(0)} MiB, ${result.seconds} s`;
});

await testCase('the command line says what it can do', async () => {
  const { code, text } = await program(LIMPID, ['--help']).done;
  for (const command of ['serve', 'send', 'receive', 'echo', 'probe', 'dtls', 'stun', 'decode', 'bench']) {
    if (!new RegExp(`^\\s+${command}\\b`, 'm').test(text)) throw new Error(`no ${command} in\n${text}`);
  }
  if (code !== 0) throw new Error(`exit ${code}`);
});
await server.stop();
process.exit(0);
