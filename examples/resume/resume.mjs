// What the wrappers share: a subscription that starts again after its last item when the connection broke.

/**
 * @typedef {Record<string, unknown>} Variables
 * @typedef {{ message: string, path?: readonly (string | number)[], extensions?: { [name: string]: unknown } }} GraphQLError
 * @typedef {{ data?: any, errors?: readonly GraphQLError[] }} Result
 * @typedef {{ next: (result: any) => void, error: (reason: unknown) => void, complete: () => void }} Sink
 * @typedef {(variables: Variables, sink: Sink) => () => void} Start  Starts the subscription and returns what stops it.
 *
 * @typedef {object} Options
 * @property {(reason: any) => boolean} [isFatal]  Whether another try would fail in the same way; false by default.
 * @property {(failures: number) => number} [delay]  Milliseconds to wait after so many failures without an item.
 * @property {(hasGap: boolean) => void} [started]  Called at each try, with true when a connection broke before the first item:
 *   what changed meanwhile is unknown, so query the current state.
 * @property {(reason: unknown) => void} [broken]  Called when a connection broke and will be tried again.
 */

/**
 * Starts a subscription with the variable `after` set to the `position` of its last item, whenever the connection broke.
 * The document must select `position` and pass `$after`. Returns what stops it; nothing is called after that.
 *
 * A position that the server refuses, because its secret has changed, becomes an item with a `gap` of unknown size: query
 * the current state, as after every gap.
 *
 * @param {Start} start
 * @param {Variables | undefined} variables
 * @param {Sink} sink
 * @param {Options} [options]
 */
export function resume(start, variables, sink, { isFatal = () => false, delay = backoff, started, broken } = {}) {
  let after = variables?.after ?? null;
  let failures = 0;
  let stop = () => {};

  function run() {
    let isCurrent = true;
    let cancel = () => {};
    stop = () => {
      isCurrent = false;
      cancel();
    };
    /** @type {readonly GraphQLError[] | undefined} */
    let refusal;
    /** @param {readonly GraphQLError[]} errors */
    function startAnew(errors) {
      stop();
      after = null;
      const field = String(errors[0]?.path?.[0]);
      sink.next({ data: { [field]: { position: null, gap: { missed: null }, change: null } } });
      run();
    }
    /** @param {Result} result */
    function receive(result) {
      if (!result.data && isRefused(after, result.errors)) return (refusal = result.errors);
      const position = positionOf(result);
      if (position) [after, failures] = [position, 0];
      sink.next(result);
    }
    /** @param {any} reason */
    function fail(reason) {
      if (isRefused(after, reason)) return startAnew(reason);
      stop();
      if (Array.isArray(reason) || isFatal(reason)) return sink.error(reason);
      broken?.(reason);
      const timer = setTimeout(run, delay(failures++));
      stop = () => clearTimeout(timer);
    }
    function complete() {
      if (refusal) return startAnew(refusal);
      stop();
      sink.complete();
    }
    started?.(failures > 0 && after === null);
    cancel = start(
      { ...variables, after },
      {
        next: (result) => void (isCurrent && receive(result)),
        error: (reason) => void (isCurrent && fail(reason)),
        complete: () => void (isCurrent && complete()),
      },
    );
    if (!isCurrent) cancel();
  }

  run();
  return () => stop();
}

/** @param {Result} result */
function positionOf({ data }) {
  const [item] = Object.values(data ?? {});
  return /** @type {string | undefined} */ (item?.position);
}

/**
 * Whether the server refused an argument of a subscription that sent a position.
 *
 * @param {unknown} after
 * @param {unknown} errors
 * @returns {errors is readonly GraphQLError[]}
 */
function isRefused(after, errors) {
  return after !== null && Array.isArray(errors) && errors.some(({ extensions }) => extensions?.code === "BAD_USER_INPUT");
}

/**
 * Up to fifteen seconds, at random, so that many clients do not come back at the same time.
 *
 * @param {number} failures
 */
function backoff(failures) {
  return Math.random() * Math.min(15_000, 500 * 2 ** failures);
}

/**
 * Whether a status of HTTP will not change: the request is wrong, or the caller is not known.
 *
 * @param {number | undefined} status
 */
export function isFatalStatus(status = 0) {
  return status >= 400 && status < 500 && ![404, 408, 409, 429].includes(status);
}
