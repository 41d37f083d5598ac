// Files between two programs, by way of `limpid serve`; and every way in which that can end.
import fs from 'node:fs';
import path from 'node:path';
import { LIMPID, program, testCase } from '../lib/report.mjs';
import { ends, folder, makeFile, receive, sameFile, send, serve, shareHash } from '../lib/share.mjs';

const server = await serve();
const source = folder('source');

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
  const result = await ends(receiver, 0);
  await ends(sender, 0);
  sameFile(file, path.join(out, 'large.bin'));
  const hash = `sha256t:${shareHash([['large.bin', file]])}`;
  if (result.hash !== hash) throw new Error(`${result.hash} is not ${hash}`);
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

await testCase('program to program: a sender that dies is 7, and .part is kept', async () => {
  const file = makeFile(source, 'dying.bin', 400 << 20);
  const sender = await send(server.url, [file]);
  const out = folder('out');
  const receiver = receive(sender.link, out);
  await receiver.line((line) => line.event === 'connected');
  const part = () => fs.readdirSync(out).find((name) => name.includes('.part'));
  while (!part()) await new Promise((resolve) => setTimeout(resolve, 5));
  sender.child.kill('SIGKILL');
  await ends(receiver, 7);
  if (!part() || fs.existsSync(path.join(out, 'dying.bin'))) throw new Error(fs.readdirSync(out).join(' '));
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

await testCase('program to program: 2 GiB to a slow sink in less than 96 MiB', async () => {
  const file = path.join(source, 'sparse.bin');
  fs.truncateSync((fs.writeFileSync(file, ''), file), 2 ** 31);
  const bare = { trace: false }; // a trace takes memory of its own
  const sender = await send(server.url, [file], [], bare);
  const out = folder('out');
  const receiver = receive(sender.link, out, ['--yes'], bare);
  const peak = (running) => {
    try {
      return Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${running.child.pid}/status`, 'utf8'))?.[1] || 0) / 1024;
    } catch { return 0; }
  };
  let [most, mostSent, running] = [0, 0, true];
  receiver.done.then(() => { running = false; });
  await receiver.line((line) => line.event === 'connected');
  // Slow: it only runs a fifth of the time, at first.
  for (let turn = 0; running; turn++) {
    if (turn < 100) receiver.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 40));
    receiver.child.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 10));
    [most, mostSent] = [Math.max(most, peak(receiver)), Math.max(mostSent, peak(sender))];
  }
  const result = await ends(receiver, 0);
  await ends(sender, 0);
  if (result.bytes !== 2 ** 31) throw new Error(JSON.stringify(result));
  if (!(most > 0 && most < 96 && mostSent > 0 && mostSent < 96)) throw new Error(`${most} and ${mostSent} MiB`);
  return `receiver ${most.toFixed(0)} MiB, sender ${mostSent.toFixed(0)} MiB, ${result.seconds} s`;
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
