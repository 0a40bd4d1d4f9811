/**
 * What a TypeScript program would otherwise get from the host: while it runs, Math.random is the machine's
 * seeded generator and Date reads the machine's virtual clock.
 */
import type { Rng } from '../lib/rng.js';
import { type Clock, EPOCH_NS } from '../task/clock.js';

/** Runs `body` with the program's view of chance and time, and puts the host's back whatever happens. */
export function withGuestGlobals<T>(rng: Rng, clock: Clock, body: () => T): T {
  const host = { random: Math.random, Date: globalThis.Date };
  const now = () => Math.floor((EPOCH_NS + clock.now) / 1e6);
  Math.random = () => rng.real();
  globalThis.Date = guestDate(host.Date, now);
  try {
    return body();
  } finally {
    Math.random = host.random;
    globalThis.Date = host.Date;
  }
}

/** Date whose "now" is the guest's; everything else is the host's own. */
function guestDate(HostDate: DateConstructor, now: () => number): DateConstructor {
  return new Proxy(HostDate, {
    construct: (target, args) => (args.length === 0 ? new target(now()) : Reflect.construct(target, args)),
    apply: (target) => new target(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
