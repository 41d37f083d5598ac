// One JSON line a case on stdout: what `cargo xtask interop` reads.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const LIMPID = process.env.LIMPID || path.resolve(import.meta.dirname, '../../target/release/limpid');
export const OUT = process.env.INTEROP_OUT || path.resolve(import.meta.dirname, '../out');
fs.mkdirSync(OUT, { recursive: true });

export function report(name, result) {
  process.stdout.write(JSON.stringify({ name, ...result }) + '\n');
}

/** Runs one case and reports it. A thrown error fails it. INTEROP_ONLY: others than those whose name holds it are left out. */
export async function testCase(name, body) {
  if (process.env.INTEROP_ONLY && !name.includes(process.env.INTEROP_ONLY)) return false;
  const start = Date.now();
  try {
    const detail = await body();
    report(name, { ok: true, ms: Date.now() - start, detail: detail || '' });
    return true;
  } catch (error) {
    report(name, { ok: false, ms: Date.now() - start, detail: String(error && error.stack || error) });
    return false;
  }
}

const CONNECTS = ['echo', 'probe', 'send', 'receive', 'call'];
let started = 0;

/**
 * What makes `limpid ARGS` leave its traces, with keys, in the scenario's folder; run.mjs removes it where all went well.
 * Nothing for commands without connections, for those that write traces of their own, and outside of run.mjs.
 */
function traced(command, args) {
  if (command !== LIMPID || !process.env.INTEROP_OUT || !CONNECTS.includes(args[0]) || args.includes('--trace')) return [];
  const name = path.join(OUT, `${++started}-${args[0]}`);
  return ['--trace', `${name}.pcapng`, '--trace', `${name}.rtclog`, '--with-keys'];
}

/** Starts a program whose stdout is JSON Lines. `line(test)` waits for the first line that fits; `done` gives exit code and text;
 * `trace: false`: `limpid` leaves no traces, so that its memory can be measured. */
export function program(command, args, { trace = true, ...options } = {}) {
  const child = spawn(command, [...args, ...(trace ? traced(command, args) : [])], { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  const lines = [], waiting = [];
  let text = '', errors = '', rest = '';
  child.stderr.on('data', (d) => { errors += d; });
  child.stdout.on('data', (d) => {
    text += d;
    rest += d;
    const parts = rest.split('\n');
    rest = parts.pop();
    for (const part of parts) {
      let value;
      try { value = JSON.parse(part); } catch { value = { text: part }; }
      lines.push(value);
      for (const w of [...waiting]) if (w.test(value)) { waiting.splice(waiting.indexOf(w), 1); w.resolve(value); }
    }
  });
  const done = new Promise((resolve) => child.on('close', (code, signal) => {
    resolve({ code, signal, text, errors, lines });
    for (const w of waiting) w.reject(new Error(`${command} ${args.join(' ')} ended (${code ?? signal}) before it said so\n${text}${errors}`));
  }));
  const line = (test, ms = 20000) => {
    const found = lines.find(test);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${args[0]}: not said within ${ms} ms\n${text}${errors}`)), ms);
      waiting.push({ test, resolve: (v) => { clearTimeout(timer); resolve(v); }, reject: (e) => { clearTimeout(timer); reject(e); } });
    });
  };
  return { child, line, done, lines, errors: () => errors, stop: () => { child.kill('SIGINT'); return done; } };
}

/** Starts `limpid ARGS --json` and waits for its `listening` event. */
export async function listening(args) {
  const running = program(LIMPID, [...args, '--json']);
  const event = await running.line((l) => l.event === 'listening');
  return { ...running, event };
}
