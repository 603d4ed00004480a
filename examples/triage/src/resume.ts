/**
 * Starts a stream after a position. Calls `keep` with the position of each item, or with null when the server refuses the
 * position, and `end` when the stream has ended; returns what stops it.
 */
type Start = (after: string | null, keep: (position: string | null) => void, end: () => void) => () => void;

/** Starts a stream, and two seconds after it ended again from its last position; returns what stops it. */
export function resume(start: Start): () => void {
  let position: string | null = null;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = run();

  function run() {
    const keep = (next: string | null) => void (position = next);
    const end = () => {
      clearTimeout(timer);
      if (!isStopped) timer = setTimeout(() => (stop = run()), 2_000);
    };
    return start(position, keep, end);
  }

  return () => {
    isStopped = true;
    clearTimeout(timer);
    stop();
  };
}
