/** The errno values that the library itself returns and compares, in the machine's own numbers. */
import * as generic from '../arch/generic/errno.js';
import type { Target } from '../arch/index.js';

export class Errnos {
  readonly EPERM: number;
  readonly ENOENT: number;
  readonly ESRCH: number;
  readonly EINTR: number;
  readonly EAGAIN: number;
  readonly ENOMEM: number;
  readonly EBUSY: number;
  readonly EEXIST: number;
  readonly EINVAL: number;
  readonly ERANGE: number;
  readonly EDEADLK: number;
  readonly ENAMETOOLONG: number;
  readonly ENOSYS: number;
  readonly EOVERFLOW: number;
  readonly ENOTSUP: number;
  readonly ETIMEDOUT: number;
  readonly EOWNERDEAD: number;
  readonly ENOTRECOVERABLE: number;

  /** What 2.36 expects of futex. */
  readonly ofFutex: ReadonlySet<number>;

  constructor({ errno }: Pick<Target, 'errno'>) {
    this.EPERM = errno(generic.EPERM);
    this.ENOENT = errno(generic.ENOENT);
    this.ESRCH = errno(generic.ESRCH);
    this.EINTR = errno(generic.EINTR);
    this.EAGAIN = errno(generic.EAGAIN);
    this.ENOMEM = errno(generic.ENOMEM);
    this.EBUSY = errno(generic.EBUSY);
    this.EEXIST = errno(generic.EEXIST);
    this.EINVAL = errno(generic.EINVAL);
    this.ERANGE = errno(generic.ERANGE);
    this.EDEADLK = errno(generic.EDEADLK);
    this.ENAMETOOLONG = errno(generic.ENAMETOOLONG);
    this.ENOSYS = errno(generic.ENOSYS);
    this.EOVERFLOW = errno(generic.EOVERFLOW);
    this.ENOTSUP = errno(generic.EOPNOTSUPP);
    this.ETIMEDOUT = errno(generic.ETIMEDOUT);
    this.EOWNERDEAD = errno(generic.EOWNERDEAD);
    this.ENOTRECOVERABLE = errno(generic.ENOTRECOVERABLE);
    const { EAGAIN, EINTR, ETIMEDOUT, EINVAL, EOVERFLOW, ESRCH, EDEADLK } = this;
    this.ofFutex = new Set([EAGAIN, EINTR, ETIMEDOUT, EINVAL, EOVERFLOW, ESRCH, EDEADLK]);
  }
}

const known = new WeakMap<Pick<Target, 'errno'>, Errnos>();

/** Those of a machine, made once. */
export function errnosOf(target: Pick<Target, 'errno'>): Errnos {
  const errnos = known.get(target);
  if (errnos !== undefined) return errnos;
  known.set(target, new Errnos(target));
  return known.get(target)!;
}
