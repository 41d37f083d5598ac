// A bad path in user space (the kernel of a test machine may lack netem): two UDP sockets, what comes to one leaves from the other
// after a delay, some of it lost, through a queue of a bounded rate that drops what does not fit. The scenario changes all of that
// while it runs. Descriptions are rewritten on their way, so that all media passes through here.
import dgram from 'node:dgram';

/** One way: `loss` 0 to 1, `delay` in ms, `rate` in bit/s (0: any), `queue` in ms at that rate. */
const GOOD = { loss: 0, delay: 0, rate: 0, queue: 300 };
/** IP and UDP. */
const HEADERS = 28;

/**
 * A path between two sides, a and b: `fromA` and `fromB` rewrite what each says of itself; `set({up, down})` changes the path
 * (up: from a to b); `counts` and `rate` say what passed.
 */
export async function relay(host) {
  const sockets = await Promise.all([0, 1].map(() => new Promise((resolve, reject) => {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    socket.once('error', reject);
    socket.bind(0, host, () => { socket.off('error', reject); socket.on('error', () => {}); resolve(socket); });
  })));
  // sockets[0] hears a, sockets[1] hears b.
  const ends = [null, null];
  let isOpen = true;
  const ways = [0, 1].map(() => ({ ...GOOD, busy: 0, counts: { came: 0, went: 0, lost: 0, dropped: 0 }, seen: [] }));
  sockets.forEach((socket, from) => {
    const way = ways[from], out = sockets[1 - from];
    socket.on('message', (packet) => {
      const now = performance.now(), size = packet.length + HEADERS;
      way.counts.came += 1;
      way.seen.push([now, size]);
      if (way.seen.length > 20000) way.seen.splice(0, 10000);
      const to = ends[1 - from];
      if (!to) return;
      if (Math.random() < way.loss) { way.counts.lost += 1; return; }
      let due = now;
      if (way.rate > 0) {
        const begins = Math.max(way.busy, now);
        if (begins - now > way.queue) { way.counts.dropped += 1; return; }
        due = way.busy = begins + size * 8000 / way.rate;
      }
      due += way.delay;
      const leave = () => {
        if (!isOpen) return;
        way.counts.went += 1;
        out.send(packet, to.port, to.address, () => {});
      };
      if (due - now < 0.5) leave(); else setTimeout(leave, due - now);
    });
  });
  const find = (way) => ways[way === 'up' ? 0 : 1];
  return {
    /** A description's candidates give way to one of ours, and are where its packets will go. */
    fromA: (sdp) => { ends[0] = candidate(sdp); return through(sdp, host, sockets[1].address().port); },
    fromB: (sdp) => { ends[1] = candidate(sdp); return through(sdp, host, sockets[0].address().port); },
    set({ up = {}, down = {} }) { Object.assign(ways[0], up); Object.assign(ways[1], down); },
    counts: () => ({ up: { ...find('up').counts }, down: { ...find('down').counts } }),
    /** What came in to go one way during the last `ms`, in bit/s. */
    rate(way, ms = 1000) {
      const since = performance.now() - ms;
      return find(way).seen.reduce((sum, [at, size]) => sum + (at >= since ? size : 0), 0) * 8000 / ms;
    },
    close: () => { isOpen = false; sockets.forEach((socket) => socket.close()); },
  };
}

const LINE = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$/im;

/** The first address of IPv4 and UDP in a description. */
function candidate(sdp) {
  const found = LINE.exec(sdp);
  if (!found) throw new Error(`no candidate to relay to in\n${sdp}`);
  return { address: found[1], port: Number(found[2]) };
}

/** The description with one candidate, in place of the first. */
function through(sdp, host, port) {
  let isTold = false;
  const lines = sdp.split('\r\n').flatMap((line) => {
    if (!line.startsWith('a=candidate:')) return [line];
    if (isTold) return [];
    isTold = true;
    return [`a=candidate:1 1 udp 2130706431 ${host} ${port} typ host`];
  });
  return lines.join('\r\n');
}
