export type Erased = number;

throw new RangeError('no module'); // line 3
