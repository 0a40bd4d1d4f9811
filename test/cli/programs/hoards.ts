/* Fills the heap. */
export default function main() {
  const hoard: object[] = [];
  for (;;) hoard.push({ next: hoard.at(-1), size: [hoard.length] });
}
