/** Starts a stream after a position, reports the position of each item and the end, and returns what stops it. */
type Start = (after: string | null, onItem: (position: string) => void, onEnd: () => void) => () => void;

/** Starts a stream, and two seconds after it ended again from its last position; returns what stops it. */
export function resume(start: Start): () => void {
  let position: string | null = null;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = run();

  function run() {
    const end = () => {
      clearTimeout(timer);
      if (!isStopped) timer = setTimeout(() => (stop = run()), 2_000);
    };
    return start(position, (next) => (position = next), end);
  }

  return () => {
    isStopped = true;
    clearTimeout(timer);
    stop();
  };
}
