/* Uses the package by value, and a helper beside it: both must resolve in any folder. */
import { Machine } from 'guardpage';
import { twice } from './helper.ts';

export default function* main(libc) {
  yield* libc.printf('%s %d %s\n', Machine.name, twice(21), main.constructor.name);
}
