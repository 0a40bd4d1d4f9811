/* Ends the host's thread instead of the guest. */
export default function main() {
  process.exit(9);
}
