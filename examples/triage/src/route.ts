// The address: #/acme is the list of an organization, #/acme/WEB-1 one of its issues.
import { useSyncExternalStore } from "react";

function subscribe(listener: () => void) {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

export function useRoute() {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const [org, shortId] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { org: org || undefined, shortId };
}

export const address = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join("/")}`;
