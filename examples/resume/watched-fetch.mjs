// A `fetch` that notices when the other end is gone without having closed the connection.

/**
 * Returns a `fetch` that fails after a silence, before the response or in a stream. Proxies and networks may hold a connection
 * open whose server is gone; one that is there answers within thirty seconds (`DEXTER_DEADLINE_SECONDS`) and sends a heartbeat
 * every twelve (`DEXTER_HEARTBEAT_SECONDS`).
 *
 * @param {number} [silenceMs]
 * @returns {(input: string | URL | Request, init?: RequestInit) => Promise<Response>}
 */
export function watchedFetch(silenceMs = 40_000) {
  return async (input, init) => {
    const controller = new AbortController();
    const signal = init?.signal ? AbortSignal.any([init.signal, controller.signal]) : controller.signal;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const leave = () => clearTimeout(timer);
    const watch = () => {
      leave();
      timer = setTimeout(() => controller.abort(new Error("The server is silent")), silenceMs);
    };
    watch();
    const response = await fetch(input, { ...init, signal }).finally(leave);
    if (!response.body || !/event-stream|multipart/.test(response.headers.get("content-type") ?? "")) return response;
    const watcher = new TransformStream({
      start: watch,
      transform(chunk, output) {
        watch();
        output.enqueue(chunk);
      },
      flush: leave,
    });
    return new Response(response.body.pipeThrough(watcher), response);
  };
}
