/**
 * What a call that a signal interrupted returns inside the kernel: whether it starts again. Never seen by user
 * space. include/linux/errno.h.
 */

/** Again unless a handler without SA_RESTART ran. */
export const ERESTARTSYS = 512;
/** Again whatever ran. */
export const ERESTARTNOINTR = 513;
/** Again unless any handler ran. */
export const ERESTARTNOHAND = 514;
/** By way of restart_syscall, for what is left of the time, unless any handler ran. */
export const ERESTART_RESTARTBLOCK = 516;
/** Not Linux's: the handler has returned, and the call it interrupted begins again now. */
export const CALL_BEGINS = 517;
