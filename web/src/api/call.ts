// One way to call the platform: JSON of the contracts over fetch, a session that renews itself.

import {
  createRegistry,
  fromJson,
  toJson,
  type DescMessage,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "@candor/client/google/rpc/error_details_pb";
import { StatusSchema, type Status } from "@candor/client/google/rpc/status_pb";

import { CallError, failureFromStatus, UNREACHABLE, UNREADABLE, type Failure } from "./failure";
import { newTraceparent } from "./trace";

/** The kinds of error detail that may appear inside a message. */
const registry = createRegistry(file_google_rpc_error_details);

/** How long a call may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Reads a message of the contracts from its JSON. Fields of a newer contract are passed over. */
export function read<Desc extends DescMessage>(schema: Desc, json: unknown): MessageShape<Desc> {
  try {
    return fromJson(schema, json as JsonValue, { ignoreUnknownFields: true, registry });
  } catch (error) {
    throw new CallError({ ...UNREADABLE, message: String(error) });
  }
}

/** Writes a message of the contracts as JSON. */
export function write<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string {
  return JSON.stringify(toJson(schema, message, { registry }));
}

async function send(
  method: string,
  path: string,
  body: string | undefined,
  traceparent = newTraceparent(),
): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { traceparent, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new CallError(UNREACHABLE);
  }
}

let renewal: Promise<boolean> | undefined;

/** Renews the session's token once, however many calls need it; false when nobody is signed in. */
function renew(): Promise<boolean> {
  renewal ??= send("POST", "/session/refresh", undefined)
    .then((response) => {
      if (response.status >= 500) throw new CallError(UNREACHABLE);
      return response.ok;
    })
    .finally(() => (renewal = undefined));
  return renewal;
}

async function payload(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch {
    throw new CallError(response.status >= 500 ? UNREACHABLE : UNREADABLE);
  }
}

/** Calls the platform, in a trace of its own unless one is given, and reads its answer; rejects with a CallError. */
export async function call<Desc extends DescMessage>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  schema: Desc,
  body?: string,
  traceparent?: string,
): Promise<MessageShape<Desc>> {
  let response = await send(method, path, body, traceparent);
  if (response.status === 401 && (await renew())) response = await send(method, path, body, traceparent);
  const json = await payload(response);
  if (!response.ok) throw new CallError(failureFromStatus(json));
  return read(schema, json);
}

/** Signs out; rejects with a CallError when nothing answers. */
export async function endSession(): Promise<void> {
  const response = await send("POST", "/session/end", undefined);
  if (!response.ok && response.status !== 401) throw new CallError(UNREACHABLE);
}

/** Reads a status that came inside a message as a failure. */
export function readableStatus(status: Status): Failure {
  return failureFromStatus(toJson(StatusSchema, status, { registry }));
}
