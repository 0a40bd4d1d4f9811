/*
 * Loading a program: any .ts, .js or .mjs module in any folder. jiti strips the types and keeps
 * everything else, lines included; `import ... from 'guardpage'` inside the program is this very
 * package, installed there or not.
 */
import { createJiti } from 'jiti';
import * as guardpage from '../index.js';
import type { Main } from '../index.js';
import { codeOf, sentenceOf, UsageError } from './errors.js';

/**
 * The program's entry. UsageError when the module does not parse, imports what is not there, or has
 * no main; whatever the module itself throws goes on.
 */
export async function loadProgram(path: string, shown: string): Promise<Main> {
  const main = mainOf(await importModule(path, shown));
  if (typeof main === 'function') return main as Main;
  const what = main === undefined ? 'nothing' : `a value of type ${typeof main}`;
  throw new UsageError(`${shown} exports ${what} by default, not a function: write "export default function* main(libc, argv)"`);
}

async function importModule(path: string, shown: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    fsCache: false, // leave nothing behind in other people's folders
    interopDefault: false,
    virtualModules: { guardpage },
  });
  try {
    return await jiti.import(path);
  } catch (error) {
    const text = sentenceOf(error);
    const [, why, where] = /^ParseError: (.*?) (\S+:\d+:\d+)/.exec(text) ?? [];
    if (why !== undefined) throw new UsageError(`${where!.replace(path, shown)} does not parse: ${why}`);
    const code = codeOf(error);
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
      throw new UsageError(`${shown}: ${text.replace(/ Require stack:.*/, '')}`);
    }
    throw error;
  }
}

/** The default export; of a CommonJS module, what it exports. */
function mainOf(module: unknown): unknown {
  const { default: main } = module as { default?: unknown };
  if (typeof main === 'object' && main !== null && 'default' in main) return main.default;
  return main;
}
