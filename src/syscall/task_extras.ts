/** What few tasks have: a name of their own, TLS descriptors and segment bases. Made when first set. */

interface Word {
  readonly hi: number;
  readonly lo: number;
}

export class TaskExtras {
  /** comm, by slot, as bytes. */
  readonly names = new Map<number, readonly number[]>();
  /** The three TLS entries of x86: base, limit and bits of each. */
  readonly tlsAreas = new Map<number, (readonly number[] | undefined)[]>();
  /** FS and GS of x86_64. */
  readonly segmentBases = new Map<number, { readonly fs: Word; readonly gs: Word }>();

  reset(): void {
    this.names.clear();
    this.tlsAreas.clear();
    this.segmentBases.clear();
  }

  /** The task is gone. */
  forget(slot: number): void {
    if (this.names.size > 0) this.names.delete(slot);
    if (this.tlsAreas.size > 0) this.tlsAreas.delete(slot);
    if (this.segmentBases.size > 0) this.segmentBases.delete(slot);
  }

  /** A new task has its maker's name and descriptors. */
  inherit(parent: number, child: number): void {
    const name = this.names.get(parent);
    if (name !== undefined) this.names.set(child, name);
    const areas = this.tlsAreas.get(parent);
    if (areas !== undefined) this.tlsAreas.set(child, [...areas]);
    const bases = this.segmentBases.get(parent);
    if (bases !== undefined) this.segmentBases.set(child, bases);
  }
}
