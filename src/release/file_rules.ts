/** What releases differ in about files. */
import { type Release, since } from './release.js';

const EFBIG = 27;
const EOVERFLOW = 75;

export interface FileRules {
  /** Errno of opening a file beyond 2 GiB without O_LARGEFILE: fs/open.c: generic_file_open(). Read in 2.6.18 and 2.6.32. */
  readonly tooLarge: number;
}

export function fileRules(release: Release): FileRules {
  return {
    tooLarge: since(release, EFBIG, '2.6.32', EOVERFLOW),
  };
}
