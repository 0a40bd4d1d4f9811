/** The searches, oldest first, with the release that brought each; any of them runs on any machine. */
import { bug } from '../../lib/bug.js';
import type { SearchName } from '../../release/index.js';
import type { Search } from '../mm.js';
import { cursor } from './cursor.js';
import { firstFit } from './first_fit.js';
import { freeAreaCache } from './free_area_cache.js';
import { gapTree } from './gap_tree.js';
import { holeSize } from './hole_size.js';
import { holeSize36 } from './hole_size_3_6.js';
import { holeTree } from './hole_tree.js';
import { maple } from './maple.js';
import { topdown2612 } from './topdown_2_6_12.js';
import { topdown269 } from './topdown_2_6_9.js';

export const searches: readonly { readonly since: string; readonly search: Search }[] = [
  { since: '2.4', search: firstFit },
  { since: '2.5.46', search: freeAreaCache },
  { since: '2.5.74', search: cursor },
  { since: '2.6.9', search: topdown269 },
  { since: '2.6.12-rc1', search: topdown2612 },
  { since: '2.6.13', search: holeSize },
  { since: '3.4', search: holeSize36 },
  { since: '3.8', search: gapTree },
  { since: '6.1', search: maple },
  { since: 'never', search: holeTree },
];

export function searchNamed(name: SearchName): Search {
  return searches.find((entry) => entry.search.name === name)?.search ?? bug('no such search', { name });
}
