// What the scripts share: reading the task from standard input, printing the result, and failing with a message.

/** Longest wait for anything, far beyond what it takes. */
export const PATIENCE_MS = 15_000;

/** The JSON value on standard input. */
export async function task() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

/** So many results of a subscription, which is then left. */
export async function take(results, count = 1) {
  const taken = [];
  while (taken.length < count) taken.push((await results.next()).value);
  await results.return();
  return taken;
}

/** Prints one result as a line of JSON. */
export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Runs a script; ends with code 1 and a message when it throws or takes too long. */
export function main(script) {
  const end = (message) => {
    process.stderr.write(`${message}\n`, () => process.exit(1));
  };
  const alarm = setTimeout(() => end(`not done after ${PATIENCE_MS} ms`), PATIENCE_MS);
  script(...process.argv.slice(2)).then(
    () => clearTimeout(alarm),
    (error) => end(error?.stack ?? JSON.stringify(error)),
  );
}
