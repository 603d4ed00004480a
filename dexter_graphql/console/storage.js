// GraphiQL's storage in the browser, without request headers: they hold tokens.
const NAMESPACE = "graphiql:";
const DEFAULTS = { "graphiql:docExplorerFlex": "0.25" }; // width of the panel beside the editors

function withoutHeaders(text) {
  try {
    return JSON.stringify(JSON.parse(text), (key, value) => (key === "headers" ? undefined : value));
  } catch {
    return text;
  }
}

function isOurs(key) {
  return key.startsWith(NAMESPACE);
}

export const storage = {
  getItem: (key) => localStorage.getItem(key) ?? DEFAULTS[key] ?? null,
  removeItem: (key) => localStorage.removeItem(key),
  setItem(key, value) {
    if (key !== `${NAMESPACE}headers`) localStorage.setItem(key, withoutHeaders(value));
  },
  get length() {
    return Object.keys(localStorage).filter(isOurs).length;
  },
  clear() {
    Object.keys(localStorage).filter(isOurs).forEach((key) => localStorage.removeItem(key));
  },
};

// Earlier versions of the page stored headers with the history.
storage.removeItem(`${NAMESPACE}headers`);
for (const key of Object.keys(localStorage).filter(isOurs)) storage.setItem(key, storage.getItem(key));
