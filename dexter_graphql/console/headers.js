// Request headers as the headers editor has them.
import { server } from "./content.js";

export const template = server.needsToken ? '{\n  "Authorization": "Bearer "\n}' : "";

export function parseHeaders(text) {
  try {
    const headers = JSON.parse(text || "{}");
    return headers !== null && typeof headers === "object" && !Array.isArray(headers) ? headers : {};
  } catch {
    return {};
  }
}

// The credential in headers; null when there is none, or only the template.
export function authorizationIn(headers) {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
  return /^bearer \S{8,}/i.test(headers[name]) ? headers[name] : null;
}
