// The browser's EventSource with subscriptions that resume.
import { resume } from "./resume.mjs";

/**
 * Subscribes over server-sent events and returns what stops it. EventSource itself connects again after a lost connection and
 * sends `Last-Event-ID`, which takes precedence over `after`; when it gives up, because a server answered with an error, another
 * one continues.
 *
 * @param {string} url
 * @param {{ query: string, variables?: import("./resume.mjs").Variables }} request
 * @param {import("./resume.mjs").Sink} sink
 * @param {import("./resume.mjs").Options} [options]
 */
export function subscribe(url, { query, variables }, sink, options) {
  /** @type {import("./resume.mjs").Start} */
  const start = (current, once) => {
    const parameters = new URLSearchParams({ query, variables: JSON.stringify(current) });
    const source = new EventSource(`${url}?${parameters}`);
    let canResume = current.after !== null;
    source.addEventListener("next", ({ data, lastEventId }) => {
      canResume ||= lastEventId !== "";
      once.next(JSON.parse(data));
    });
    source.addEventListener("complete", () => {
      source.close();
      once.complete();
    });
    source.addEventListener("error", () => {
      if (canResume && source.readyState !== EventSource.CLOSED) return; // it connects again
      source.close();
      once.error(new Error("The connection broke"));
    });
    return () => source.close();
  };
  return resume(start, variables, sink, options);
}
