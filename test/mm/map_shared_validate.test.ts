/** MAP_SHARED_VALIDATE: no type before 4.15, then MAP_SHARED of a file with flags that are looked at. */
import { describe, expect, it } from 'vitest';
import { VM_MAYSHARE, VM_SHARED } from '../../src/arch/generic/mman.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { errnoName } from '../../src/arch/generic/errno.js';
import { file, readOnlyFile } from '../support/draw.js';
import { newMm } from '../support/machines.js';

const VALIDATE = 3;
const [FIXED, ANONYMOUS, UNKNOWN, NOREPLACE, MAP_32BIT] = [0x10, 0x20, 0x200, 0x100000, 0x40];

/** What mmap of a page at 0x50000000 answers: vm_flags' shared bits, or an errno. */
function answer(release: string, flags: number, open: OpenFile | null, prot = 3, arch = 'x86_64'): string {
  const mm = newMm({ arch, release });
  const vpn = doMmap(mm, { ...newMmapArgs(), vpn: 0x50000, lenPages: 1, prot, flags, file: open });
  if (vpn < 0) return errnoName(-vpn);
  const shared = mm.vmas.vmFlags[mm.vmas.first()]! & (VM_SHARED | VM_MAYSHARE);
  return shared === (VM_SHARED | VM_MAYSHARE) ? 'shared' : shared === VM_MAYSHARE ? 'shared for reading' : 'private';
}

describe('MAP_SHARED_VALIDATE', () => {
  it('is no type of 4.12, and one of files alone in 6.1', () => {
    expect([answer('4.12', VALIDATE, file), answer('6.1', VALIDATE, file)]).toEqual(['EINVAL', 'shared']);
    expect(answer('6.1', VALIDATE | ANONYMOUS, null)).toBe('EINVAL');
  });

  // As a host of 6.18 answers.
  it.each(['6.1', '6.13', '6.18'])('refuses flags that %s does not know, before it looks at the file', (release) => {
    expect(answer(release, VALIDATE | UNKNOWN, readOnlyFile)).toBe('EOPNOTSUPP');
    expect(answer(release, VALIDATE | NOREPLACE, file)).toBe('EOPNOTSUPP');
    expect(answer(release, 1 | UNKNOWN, file)).toBe('shared');
    expect([answer(release, VALIDATE, readOnlyFile), answer(release, VALIDATE, readOnlyFile, 1)])
      .toEqual(['EACCES', 'shared for reading']);
    expect(answer(release, VALIDATE | FIXED | MAP_32BIT, file)).toBe('shared');
  });

  it('MAP_ABOVE4G is known from 6.6 on, of x86; MAP_32BIT on no other machine', () => {
    expect([answer('6.1', VALIDATE | 0x80, file), answer('6.13', VALIDATE | 0x80, file)]).toEqual(['EOPNOTSUPP', 'shared']);
    expect(answer('6.1', VALIDATE | MAP_32BIT, file, 3, 'ia64')).toBe('EOPNOTSUPP');
  });
});
