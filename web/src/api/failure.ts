// What went wrong with a call, as a plain value, whatever way it went wrong.

/** A failed call: the server's own status, or the lack of one. */
export interface Failure {
  /** A reason of candor.errors.v1 without its prefix, or UNREACHABLE, UNREADABLE or UNKNOWN. */
  readonly reason: string;
  /** The server's words for a person; empty when it sent none. */
  readonly message: string;
  /** Facts that belong to the reason, such as a trace id. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What is wrong with which field, by the request's JSON path. */
  readonly fields: readonly FieldViolation[];
  /** The gRPC status code; 14 (unavailable) when nothing answered. */
  readonly code: number;
}

/** One field that the server refused. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** The error that every call of this folder rejects with. */
export class CallError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message || failure.reason);
    this.name = "CallError";
    this.failure = failure;
  }
}

/** gRPC status codes that this client branches on. */
export const Code = {
  OK: 0,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The failure of a call that nothing answered. */
export const UNREACHABLE: Failure = {
  reason: "UNREACHABLE",
  message: "",
  metadata: {},
  fields: [],
  code: Code.UNAVAILABLE,
};

/** The failure of a call whose answer this page cannot read. */
export const UNREADABLE: Failure = { reason: "UNREADABLE", message: "", metadata: {}, fields: [], code: 2 };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Reads the JSON of a google.rpc.Status. Details of kinds that are not known are passed over. */
export function failureFromStatus(json: unknown): Failure {
  if (!isRecord(json)) return UNREADABLE;
  const details = records(json.details);
  const ofType = (type: string) => details.find((detail) => text(detail["@type"]).endsWith(`/${type}`));
  const info = ofType("google.rpc.ErrorInfo");
  const metadata = isRecord(info?.metadata) ? info.metadata : {};
  return {
    reason: text(info?.reason).replace(/^ERROR_REASON_/u, "") || "UNKNOWN",
    message: text(json.message),
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, text(value)])),
    fields: records(ofType("google.rpc.BadRequest")?.fieldViolations).map((violation) => ({
      field: text(violation.field),
      description: text(violation.description),
    })),
    code: typeof json.code === "number" ? json.code : 2,
  };
}

/** The failure behind anything that was thrown. */
export function failureOf(error: unknown): Failure {
  return error instanceof CallError ? error.failure : { ...UNREADABLE, reason: "UNKNOWN", message: String(error) };
}
