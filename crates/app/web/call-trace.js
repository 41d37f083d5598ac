// What happened in the call, for whoever looks: a ring of the last 1000 events, as `limpidTrace` on the page.

const MOST = 1000;
const ring = [];
globalThis.limpidTrace = ring;

/** `event`: a word; `data`: plain values. */
export function trace(event, data = {}) {
  ring.push({ at: Math.round(performance.now()), event, ...data });
  if (ring.length > MOST) ring.shift();
}
