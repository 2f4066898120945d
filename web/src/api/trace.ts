// W3C trace context (https://www.w3.org/TR/trace-context/): what a person does here can be followed to the database.

/** Of how many generations the trace is remembered. */
const REMEMBERED = 100;

const traces = new Map<string, string>();

/** The header of a new trace: a random id, and that it may be recorded. */
export function newTraceparent(): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(16).padStart(2, "0"));
  return `00-${digits.slice(0, 16).join("")}-${digits.slice(16).join("")}-01`;
}

/** Remembers in which trace a generation was asked for, so that watching it belongs there too. */
export function rememberTrace(generation: string, traceparent: string): void {
  traces.set(generation, traceparent);
  const [oldest] = traces.keys();
  if (traces.size > REMEMBERED && oldest !== undefined) traces.delete(oldest);
}

/** The trace in which a generation was asked for; a new one where another page asked. */
export function traceOf(generation: string): string {
  return traces.get(generation) ?? newTraceparent();
}
