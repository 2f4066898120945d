// The words of a question and what became of each: understood, matched by nothing, or of no weight.

import type { Link } from "@candor/client/candor/modelhub/v1/modelhub_service_pb";

/** A stretch of the question. */
export interface Stretch {
  readonly text: string;
  readonly kind: "understood" | "unknown" | "plain";
  /** What it was taken to mean; empty unless understood. */
  readonly target: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: "understood" | "unknown";
  readonly target: string;
}

/** Finds words that matched nothing; the platform names them without their place. */
function spansOf(question: string, words: readonly string[]): Span[] {
  const lower = question.toLowerCase();
  return words.flatMap((word) => {
    const at = word ? lower.indexOf(word.toLowerCase()) : -1;
    if (at < 0) return [];
    const start = Array.from(question.slice(0, at)).length;
    return [{ start, end: start + Array.from(word).length, kind: "unknown" as const, target: "" }];
  });
}

/** Cuts a question into stretches. Places are in characters (code points), as the platform counts them. */
export function stretchesOf(question: string, links: readonly Link[], unknown: readonly string[]): Stretch[] {
  const characters = Array.from(question);
  const linked: Span[] = links.map(({ start, end, target }) => ({ start, end, kind: "understood", target }));
  const spans = [...linked, ...spansOf(question, unknown)].sort((left, right) => left.start - right.start);
  const stretches: Stretch[] = [];
  let at = 0;
  for (const span of spans) {
    if (span.start < at || span.end <= span.start || span.end > characters.length) continue;
    if (span.start > at) stretches.push({ text: characters.slice(at, span.start).join(""), kind: "plain", target: "" });
    stretches.push({ text: characters.slice(span.start, span.end).join(""), kind: span.kind, target: span.target });
    at = span.end;
  }
  if (at < characters.length) stretches.push({ text: characters.slice(at).join(""), kind: "plain", target: "" });
  return stretches;
}
