// children.mjs - programs that end with the process that started them, however that ends.

/** @type {Map<import('node:child_process').ChildProcess, NodeJS.Signals>} */
const children = new Map();
process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
export function endWithUs(child, signal = 'SIGKILL') {
  children.set(child, signal);
  child.on('close', () => children.delete(child));
}
