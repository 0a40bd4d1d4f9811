/** What perror(3) says for the errnos that calls here return. */
import * as e from './errno.js';

const messages: ReadonlyMap<number, string> = new Map([
  [e.EPERM, 'Operation not permitted'],
  [e.ENOENT, 'No such file or directory'],
  [e.ESRCH, 'No such process'],
  [e.EINTR, 'Interrupted system call'],
  [e.EBADF, 'Bad file descriptor'],
  [e.EAGAIN, 'Resource temporarily unavailable'],
  [e.ENOMEM, 'Cannot allocate memory'],
  [e.EACCES, 'Permission denied'],
  [e.EFAULT, 'Bad address'],
  [e.EBUSY, 'Device or resource busy'],
  [e.ENODEV, 'No such device'],
  [e.EINVAL, 'Invalid argument'],
  [e.EDEADLK, 'Resource deadlock avoided'],
  [e.ENOSYS, 'Function not implemented'],
  [e.ETIMEDOUT, 'Connection timed out'],
]);

/** Message of a generic errno. */
export function strerror(errno: number): string {
  return messages.get(errno) ?? `Unknown error ${errno}`;
}
