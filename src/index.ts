/** guardpage as a library: the machine, the program interface, the tables. */
export { archs, findArch } from './arch/index.js';
export type { Arch, Bits, Target } from './arch/index.js';
export { ConfigError, Machine } from './machine.js';
export type { MachineConfig, Outcome, RunOptions, RunResult, RunStats, Waiter } from './machine.js';
export { findRelease, releases } from './release/index.js';
export type { Release, SearchName } from './release/index.js';
export type { Tracer } from './syscall/kernel.js';
export type { Addr } from './thread/address.js';
export type { Call, ThreadBody } from './thread/call.js';
export type { Libc } from './thread/libc.js';
export type { SigActionRequest, SignalHandler } from './thread/libc/signals.js';
export type { JmpBuf } from './thread/long_jump.js';
export type { Timespec } from './thread/timespec.js';
export type { Main } from './thread/ts_user_mode.js';
export { type MapsArea, parseMaps } from './report/maps_text.js';
export { type Divergence, replay, type ReplayOptions, type ReplayResult } from './trace/replay.js';
export { readStraceLog, type StraceLog, StraceLogError } from './trace/strace_log.js';
