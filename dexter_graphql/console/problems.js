// Sentences for what can go wrong between the page and the server, in the form of a GraphQL answer.
import { endpoint } from "./content.js";

// Codes with which a WebSocket is closed.
const CUT = 1006;
const TOO_MANY = 4429;
const REFUSED = "The subscription was refused: ";
const CLOSED = {
  1012: "The server is shutting down. Run the subscription again when it is back.",
  4403: `${REFUSED}send a valid Sentry token in the headers.`,
  4406: `${REFUSED}a proxy between the browser and Dexter removed the WebSocket subprotocol.`,
  [TOO_MANY]: `${REFUSED}too many are open.`,
};

export function failure(message) {
  return { errors: [{ message }] };
}

export function unreachable() {
  return navigator.onLine
    ? `Dexter does not answer at ${endpoint.origin}. Check that the server is running.`
    : "This computer has no network connection.";
}

// The answer of an HTTP response; a sentence when it is not GraphQL.
export async function answerOf(response) {
  const text = await response.text();
  try {
    const answer = JSON.parse(text);
    if (answer.data !== undefined || answer.errors) return answer;
  } catch {
    // A sentence follows.
  }
  const status = `${response.status} ${response.statusText}`.trim();
  if (!/^\s*<(!doctype|html)/i.test(text)) {
    return failure(`The server answered "${status}" and no GraphQL.`);
  }
  const title = new DOMParser().parseFromString(text, "text/html").title.trim();
  const named = title && title !== status ? `, a web page with the title "${title}"` : ", a web page";
  return failure(`A proxy between the browser and Dexter answered "${status}"${named}.`);
}

// The answer for a subscription that could not begin or was cut: the server's errors, or a sentence.
export function socketFailure(error, isOpen) {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent && error.code !== CUT) {
    const known = error.code === TOO_MANY && error.reason ? `${REFUSED}${error.reason}.` : CLOSED[error.code];
    return failure(known ?? `The server closed the subscription: ${error.reason || error.code}.`);
  }
  return failure(isOpen ? `The connection was lost. ${unreachable()}` : unreachable());
}
