// Rules for the scripts of the GraphiQL page: those that ESLint recommends, and some that keep code short to read.
import js from "@eslint/js";

const BROWSER = [
  ...["AbortController", "CloseEvent", "DOMParser", "URL", "URLSearchParams"],
  ...["clearTimeout", "document", "fetch", "localStorage", "location", "matchMedia", "navigator", "performance"],
  ...["setTimeout", "window"],
];
const LIBRARIES = ["GraphiQL", "React", "ReactDOM", "graphqlWs"];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      globals: Object.fromEntries([...BROWSER, ...LIBRARIES].map((name) => [name, "readonly"])),
    },
    rules: {
      eqeqeq: "error",
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "max-lines": ["error", 150],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
