/** Ways in which thread stacks are obtained: so far NPTL's own. */
export const stackStrategies = [
  {
    name: 'nptl',
    about: 'as glibc does: one mmap a stack, a guard page closed by mprotect, freed stacks kept in a cache of 40 MiB',
  },
] as const;
