// Numbers and times as people read them.
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

export const count = (value: number | null | undefined) => (value == null ? "–" : compact.format(value));

export function ago(time: string | null | undefined) {
  if (time == null) return "–";
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ["second", 1];
  return relative.format(-Math.floor(seconds / size), unit);
}

/** A word of the schema, such as `ARCHIVED_FOREVER`, as text. */
export const words = (value: string) =>
  value.charAt(0).toUpperCase() + value.slice(1).toLowerCase().replaceAll("_", " ");
