/** The searches, oldest first, with the release that brought each. */
import { bug } from '../../lib/bug.js';
import type { SearchName } from '../../release/index.js';
import { firstFit } from './first_fit.js';
import { freeAreaCache } from './free_area_cache.js';
import { maple } from './maple.js';
import type { Search } from '../mm.js';

export const searches: readonly { readonly since: string; readonly search: Search }[] = [
  { since: '2.4', search: firstFit },
  { since: '2.5.46', search: freeAreaCache },
  { since: '6.1', search: maple },
];

export function searchNamed(name: SearchName): Search {
  return searches.find((entry) => entry.search.name === name)?.search ?? bug('no such search', { name });
}
