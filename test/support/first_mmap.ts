/** The address of the first mmap of a program, as a machine of this configuration gives it. */
import { hexDigits, hiOfVpn, loOfVpn } from '../../src/lib/u64.js';
import { Machine, type MachineConfig } from '../../src/machine.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';

export function firstMmap(config: MachineConfig): string {
  const machine = new Machine(config);
  machine.load(() => 0);
  const { mm } = machine;
  const { map, pageShift } = mm.target;
  const vpn = doMmap(mm, { ...newMmapArgs(), lenPages: 1, prot: 3, flags: map.PRIVATE | map.ANONYMOUS });
  return `0x${hexDigits(hiOfVpn(vpn, pageShift), loOfVpn(vpn, pageShift))}`;
}
