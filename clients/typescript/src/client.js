// A client's manners: where to call, with which token and deadline, what a refusal says, how a broken watch goes on.
// `node.js` opens channels by gRPC, `web.js` by gRPC-Web; what they have in common lives here.

import { Code, ConnectError, createClient } from "@connectrpc/connect";

import { GenerationService } from "./candor/generation/v1/generation_service_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "./google/rpc/error_details_pb.js";

/** @typedef {import("@connectrpc/connect").Transport} Channel */
/** @typedef {import("./candor/generation/v1/generation_service_pb.js").GenerationEvent} GenerationEvent */
/** @typedef {string | (() => string | Promise<string>)} Token An access token, or what gives one that is good now. */

export const VERSION = "0.1.0";
export const AGENT = `candor-typescript/${VERSION}`;
/** Milliseconds that a unary call gets which asks for no `timeoutMs` of its own. */
export const DEADLINE_MS = 15_000;
/** Milliseconds before each further try of a watch that brings nothing new; after the last one its failure is thrown. */
export const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

// What a server says of itself when trying again helps.
const RESUMABLE = new Set([Code.Unavailable, Code.DeadlineExceeded]);
// What Connect says of a connection that broke without a word from the server.
const BROKEN = new Set([Code.Aborted, Code.Canceled, Code.Internal, Code.Unknown]);

/** A generation's stream kept ending without a result or an error. */
export class Incomplete extends Error {}

/**
 * @typedef {object} Failure What a failed call says, for a program to decide by.
 * @property {string} code gRPC's word for it, such as "NOT_FOUND".
 * @property {string} message
 * @property {string} reason A value of candor.errors.v1.ErrorReason without its prefix; empty where none was given.
 * @property {Record<string, string>} metadata
 * @property {number | null} retryAfterS Seconds after which trying again may help.
 */

/**
 * Reads google.rpc.ErrorInfo and google.rpc.RetryInfo out of a failed call.
 * @param {unknown} error What the call threw.
 * @returns {Failure}
 */
export function failure(error) {
  const failed = ConnectError.from(error);
  const info = failed.findDetails(ErrorInfoSchema)[0];
  const delay = failed.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code:
      failed.code === Code.Canceled
        ? "CANCELLED"
        : (Code[failed.code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/gu, "_").toUpperCase(),
    message: failed.rawMessage,
    reason: info?.reason ?? "",
    metadata: info?.metadata ?? {},
    retryAfterS: delay ? Number(delay.seconds) + delay.nanos / 1e9 : null,
  };
}

/**
 * A generation's events after a sequence, each once and in order, to its result or error; heartbeats are left out.
 *
 * A stream that breaks or ends early goes on after the last event, as often as that brings something new. Leaving the
 * loop, or aborting the signal, ends the stream at the server.
 *
 * @param {Channel} channel
 * @param {string} name "organizations/{organization}/generations/{generation}".
 * @param {{ afterSequence?: bigint, signal?: AbortSignal }} [options]
 * @returns {AsyncGenerator<GenerationEvent, void, undefined>}
 * @throws {ConnectError} The call was refused, or it kept failing; `failure` reads it.
 * @throws {Incomplete} The stream kept ending without a result or an error.
 */
export async function* watch(channel, name, { afterSequence = 0n, signal } = {}) {
  const generations = createClient(GenerationService, channel);
  for (let last = afterSequence, tries = 0; ; tries += 1) {
    /** @type {unknown} */
    let problem = new Incomplete(`${name} ended after event ${last} without a result or an error`);
    try {
      const call = generations.watchGeneration({ name, afterSequence: last }, signal ? { signal } : {});
      for await (const { events } of call) {
        for (const event of events) {
          const kind = event.event.case;
          if (kind === "heartbeat" || event.sequence <= last) continue;
          last = event.sequence;
          tries = 0;
          yield event;
          if (kind === "result" || kind === "error") return;
        }
      }
    } catch (error) {
      if (signal?.aborted || !resumable(error)) throw error;
      problem = error;
    }
    const wait = BACKOFF_MS[tries];
    if (wait === undefined) throw problem;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** @param {unknown} error */
function resumable(error) {
  if (!(error instanceof ConnectError)) return false;
  return RESUMABLE.has(error.code) || (BROKEN.has(error.code) && !error.metadata.has("grpc-status"));
}

/**
 * A channel whose calls carry a token and the client's name, and end in time.
 * @param {Channel} channel
 * @param {Token | undefined} token Asked before every call where it is a function.
 * @param {string} agent The header that names the client.
 * @returns {Channel}
 */
export function withManners(channel, token, agent) {
  /** @param {HeadersInit | undefined} given */
  const headers = async (given) => {
    const all = new Headers(given);
    all.set(agent, AGENT);
    if (token !== undefined) all.set("authorization", `Bearer ${typeof token === "function" ? await token() : token}`);
    return all;
  };
  return {
    async unary(method, signal, timeoutMs, header, ...rest) {
      return channel.unary(method, signal, timeoutMs ?? DEADLINE_MS, await headers(header), ...rest);
    },
    async stream(method, signal, timeoutMs, header, ...rest) {
      return channel.stream(method, signal, timeoutMs, await headers(header), ...rest);
    },
  };
}

/**
 * Where an address is called: by TLS, but for this machine's own addresses or where asked otherwise.
 * @param {string} address Host and port.
 * @param {boolean | undefined} plaintext
 */
export function baseUrl(address, plaintext) {
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/u.test(address);
  return `${(plaintext ?? loopback) ? "http" : "https"}://${address}`;
}
