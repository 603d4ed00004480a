// The latest run of each tab: its state, what it cost, and a result that arrived while another tab was open.
const runs = new Map();
const listeners = new Set();
let activeTab = null;
let version = 0;

function notify() {
  version += 1;
  listeners.forEach((listener) => listener());
}

class Run {
  items = 0;
  message = null;
  upstreamCalls = 0;
  cacheHits = 0;
  calls = [];
  tookMs = null;
  late = null;
  isAway = false;
  #abort = new AbortController();
  #startedAt = performance.now();

  // `state` is running, listening, done, ended (by the server) or stopped (by the user).
  constructor(state) {
    this.state = state;
  }

  get aborted() {
    return this.#abort.signal;
  }

  set(values) {
    Object.assign(this, values);
    notify();
  }

  // Add what an answer cost, which the server reports because the page asked for it, and return the answer without it.
  take(answer) {
    const { extensions: { dexter = {}, ...otherExtensions } = {}, ...rest } = answer;
    this.upstreamCalls += dexter.upstreamCalls ?? 0;
    this.cacheHits += dexter.cacheHits ?? 0;
    this.calls = [...(dexter.calls ?? []), ...this.calls].slice(0, 100);
    this.message = answer.errors?.[0]?.message ?? null;
    const extensions = dexter.stale ? { ...otherExtensions, dexter: { stale: dexter.stale } } : otherExtensions;
    return Object.keys(extensions).length ? { ...rest, extensions } : rest;
  }

  finish(answer) {
    const shown = this.take(answer);
    this.set({ state: "done", tookMs: Math.round(performance.now() - this.#startedAt) });
    return shown;
  }

  stop() {
    if (this.state !== "running" && this.state !== "listening") return;
    this.set({ state: "stopped" });
    this.#abort.abort();
  }
}

export function begin(state) {
  const run = new Run(state);
  runs.set(activeTab, run);
  notify();
  return run;
}

// The user opened a tab: a subscription of the previous one ends, another result is kept until it is open again.
export function openTab(id, openIds) {
  const left = activeTab === id ? undefined : runs.get(activeTab);
  activeTab = id;
  if (left?.state === "listening") left.stop();
  if (left) left.isAway = true;
  for (const known of [...runs.keys()]) if (!openIds.includes(known)) runs.delete(known);
  notify();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function activeRun() {
  return runs.get(activeTab);
}

// React hook: the run of the open tab; renders again when any run changes.
export function useActiveRun() {
  React.useSyncExternalStore(subscribe, () => version);
  return activeRun();
}
