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
export function failure(error: unknown): Failure;
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
export function watch(channel: Channel, name: string, { afterSequence, signal }?: {
    afterSequence?: bigint;
    signal?: AbortSignal;
}): AsyncGenerator<GenerationEvent, void, undefined>;
/**
 * A channel whose calls carry a token and the client's name, and end in time.
 * @param {Channel} channel
 * @param {Token | undefined} token Asked before every call where it is a function.
 * @param {string} agent The header that names the client.
 * @returns {Channel}
 */
export function withManners(channel: Channel, token: Token | undefined, agent: string): Channel;
/**
 * Where an address is called: by TLS, but for this machine's own addresses or where asked otherwise.
 * @param {string} address Host and port.
 * @param {boolean | undefined} plaintext
 */
export function baseUrl(address: string, plaintext: boolean | undefined): string;
/** @typedef {import("@connectrpc/connect").Transport} Channel */
/** @typedef {import("./candor/generation/v1/generation_service_pb.js").GenerationEvent} GenerationEvent */
/** @typedef {string | (() => string | Promise<string>)} Token An access token, or what gives one that is good now. */
export const VERSION: "0.1.0";
export const AGENT: "candor-typescript/0.1.0";
/** Milliseconds that a unary call gets which asks for no `timeoutMs` of its own. */
export const DEADLINE_MS: 15000;
/** Milliseconds before each further try of a watch that brings nothing new; after the last one its failure is thrown. */
export const BACKOFF_MS: number[];
/** A generation's stream kept ending without a result or an error. */
export class Incomplete extends Error {
}
/**
 * What a failed call says, for a program to decide by.
 */
export type Failure = {
    /**
     * gRPC's word for it, such as "NOT_FOUND".
     */
    code: string;
    message: string;
    /**
     * A value of candor.errors.v1.ErrorReason without its prefix; empty where none was given.
     */
    reason: string;
    metadata: Record<string, string>;
    /**
     * Seconds after which trying again may help.
     */
    retryAfterS: number | null;
};
export type Channel = import("@connectrpc/connect").Transport;
export type GenerationEvent = import("./candor/generation/v1/generation_service_pb.js").GenerationEvent;
/**
 * An access token, or what gives one that is good now.
 */
export type Token = string | (() => string | Promise<string>);
