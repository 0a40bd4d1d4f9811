/* The computer that measured. */
import { cpus, release, totalmem, type } from 'node:os';
import type { BenchHost } from '../report/index.js';

export function thisHost(): BenchHost {
  const processors = cpus();
  return {
    node: process.version,
    os: `${type()} ${release()}`,
    cpu: processors[0]?.model.trim() || 'unknown',
    cpus: processors.length,
    ramBytes: totalmem(),
  };
}
