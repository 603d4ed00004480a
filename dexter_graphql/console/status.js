// The line below the result: what the run of the open tab is doing, what went wrong, and what it cost.
import { useActiveRun } from "./runs.js";

const NARROW = "(max-width: 700px)";
const h = React.createElement;
const ORIGINS = { wire: "Sentry", cache: "cache", shared: "Redis", flight: "shared call" };
const STATES = { running: "running…", listening: "listening…", stopped: "stopped", ended: "ended by the server" };

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function costOf(run) {
  const parts = [count(run.upstreamCalls, "call") + " to Sentry"];
  if (run.cacheHits) parts.push(`${run.cacheHits} from the cache`);
  if (run.tookMs !== null) parts.push(`${run.tookMs} ms`);
  return parts.join(" · ");
}

function Cost({ run }) {
  if (run.calls.length === 0) return h("span", null, costOf(run));
  return h(
    "details",
    null,
    h("summary", null, costOf(run)),
    h(
      "ol",
      null,
      run.calls.map((call, index) => {
        const outcome = `${call.error ?? ORIGINS[call.origin]}, ${call.ms} ms`;
        return h("li", { key: index }, `${call.endpoint} `, h("small", null, outcome));
      }),
    ),
  );
}

export function Status() {
  const run = useActiveRun();
  const element = React.useRef(null);
  // On a narrow screen the result is below the editors.
  React.useEffect(() => {
    if (run && matchMedia(NARROW).matches) element.current.scrollIntoView({ block: "end", behavior: "smooth" });
  }, [run]);
  if (!run) return null;
  const isLive = run.state === "listening";
  const isSubscription = isLive || run.state === "ended" || run.items > 0;
  return h(
    "div",
    { ref: element, className: `status status-${run.message ? "failed" : run.state}`, role: "status" },
    STATES[run.state] && h("b", null, STATES[run.state]),
    isSubscription && h("span", null, count(run.items, "item")),
    run.message && h("span", { className: "status-message" }, run.message),
    (run.state === "done" || isSubscription) && h(Cost, { run }),
  );
}
