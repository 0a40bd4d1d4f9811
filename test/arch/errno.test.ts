/*
 * Errno numbers: asm-generic/errno.h, and arch/sparc/include/uapi/asm/errno.h, whose differences are
 * typed out here as "NAME generic sparc".
 */

import { describe, expect, it } from 'vitest';
import { errnoName, errnoNames } from '../../src/arch/generic/errno.js';
import { targetNamed, targetsOf } from './targets.js';

const SPARC = `
EDEADLK 35 78; ENAMETOOLONG 36 63; ENOLCK 37 79; ENOSYS 38 90; ENOTEMPTY 39 66; ELOOP 40 62; ENOMSG 42 75;
EIDRM 43 77; ECHRNG 44 94; EL2NSYNC 45 95; EL3HLT 46 96; EL3RST 47 97; ELNRNG 48 98; EUNATCH 49 99;
ENOCSI 50 100; EL2HLT 51 101; EBADE 52 102; EBADR 53 103; EXFULL 54 104; ENOANO 55 105; EBADRQC 56 106;
EBADSLT 57 107; EBFONT 59 109; ENOSTR 60 72; ENODATA 61 111; ETIME 62 73; ENOSR 63 74; ENONET 64 80;
ENOPKG 65 113; EREMOTE 66 71; ENOLINK 67 82; EADV 68 83; ESRMNT 69 84; ECOMM 70 85; EPROTO 71 86;
EMULTIHOP 72 87; EDOTDOT 73 88; EBADMSG 74 76; EOVERFLOW 75 92; ENOTUNIQ 76 115; EBADFD 77 93; EREMCHG 78 89;
ELIBACC 79 114; ELIBBAD 80 112; ELIBSCN 81 124; ELIBMAX 82 123; ELIBEXEC 83 110; EILSEQ 84 122; ERESTART 85 116;
ESTRPIPE 86 91; EUSERS 87 68; ENOTSOCK 88 38; EDESTADDRREQ 89 39; EMSGSIZE 90 40; EPROTOTYPE 91 41;
ENOPROTOOPT 92 42; EPROTONOSUPPORT 93 43; ESOCKTNOSUPPORT 94 44; EOPNOTSUPP 95 45; EPFNOSUPPORT 96 46;
EAFNOSUPPORT 97 47; EADDRINUSE 98 48; EADDRNOTAVAIL 99 49; ENETDOWN 100 50; ENETUNREACH 101 51; ENETRESET 102 52;
ECONNABORTED 103 53; ECONNRESET 104 54; ENOBUFS 105 55; EISCONN 106 56; ENOTCONN 107 57; ESHUTDOWN 108 58;
ETOOMANYREFS 109 59; ETIMEDOUT 110 60; ECONNREFUSED 111 61; EHOSTDOWN 112 64; EHOSTUNREACH 113 65;
EALREADY 114 37; EINPROGRESS 115 36; ESTALE 116 70; EDQUOT 122 69; ENOMEDIUM 123 125; EMEDIUMTYPE 124 126;
ECANCELED 125 127; ENOKEY 126 128; EKEYEXPIRED 127 129; EKEYREVOKED 128 130; EKEYREJECTED 129 131;
EOWNERDEAD 130 132; ENOTRECOVERABLE 131 133; ERFKILL 132 134; EHWPOISON 133 135`;

const pairs = SPARC.trim().split(/;\s*/).map((text) => {
  const [name, generic, sparc] = text.split(' ');
  return { name: name!, generic: Number(generic), sparc: Number(sparc) };
});

describe('generic errno numbers', () => {
  it('have the names of asm-generic/errno.h', () => {
    for (const { name, generic } of pairs) expect(errnoName(generic)).toBe(name);
    expect([1, 11, 12, 22, 34].map(errnoName)).toEqual(['EPERM', 'EAGAIN', 'ENOMEM', 'EINVAL', 'ERANGE']);
  });

  it('a number that no errno has is shown as a number', () => {
    expect(errnoName(41)).toBe('errno 41');
    expect(errnoName(999)).toBe('errno 999');
  });
});

describe('a machine\'s errno numbers', () => {
  it('i386 and ia64 use the generic ones', () => {
    for (const name of ['i386', 'ia64']) {
      const target = targetNamed(name);
      for (const n of errnoNames.keys()) expect(target.errno(n)).toBe(n);
    }
  });

  it('sparc has its own for all that asm/errno.h lists, for both word sizes', () => {
    for (const name of ['sparc64', 'sparc64 32-bit']) {
      const target = targetNamed(name);
      for (const pair of pairs) expect(target.errno(pair.generic), pair.name).toBe(pair.sparc);
    }
  });

  it('sparc has the generic ones for all the rest', () => {
    const sparc64 = targetNamed('sparc64');
    const listed = new Set(pairs.map((pair) => pair.generic));
    for (const n of errnoNames.keys()) if (!listed.has(n)) expect(sparc64.errno(n)).toBe(n);
  });

  it('the ones that bite: EDEADLK 35 to 78, ENOSYS 38 to 90, ETIMEDOUT 110 to 60', () => {
    const sparc64 = targetNamed('sparc64');
    expect([35, 38, 110].map((n) => sparc64.errno(n))).toEqual([78, 90, 60]);
  });

  it.each(targetsOf())('$name has no number for two errnos', ({ target }) => {
    const numbers = [...errnoNames.keys()].map((n) => target.errno(n));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
