// Programs with a disk that is slower than the network all the time, and the peak of their memory, read as they end.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { folder } from './share.mjs';

let library;

/** The environment of one program whose disk takes `nanoseconds` for each byte; `peak()`, once it has ended by itself: in MiB. */
export function slowDisk(nanoseconds = 0) {
  const dir = folder('slow-disk'), status = path.join(dir, 'status');
  if (!library) {
    library = path.join(dir, 'slow-disk.so');
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, path.join(import.meta.dirname, 'slow-disk.c'), '-ldl']);
  }
  return {
    env: { LD_PRELOAD: library, SLOW_DISK: String(nanoseconds), STATUS_AT_END: status },
    peak: () => Number(/VmHWM:\s*(\d+) kB/.exec(fs.readFileSync(status, 'utf8'))[1]) / 1024,
  };
}
