// @ts-expect-error: that is the point
import { nothing } from './no_such_file.js';

export default function main() {
  return nothing;
}
