/* A CommonJS module. */
module.exports = function* main(libc) {
  yield* libc.puts('common');
  return 4;
};
