// Channels by gRPC over HTTP/2, for programs that run on Node.

import { createGrpcTransport } from "@connectrpc/connect-node";

import { baseUrl, withManners } from "./client.js";

const MIB = 1024 * 1024;

/**
 * A channel that sends the token with every call and gives every unary call without a `timeoutMs` one of 15 seconds.
 *
 * Nothing is repeated: the mesh does that, and two layers would multiply. An idle connection keeps no program alive.
 *
 * @param {string} address Host and port.
 * @param {import("./client.js").Token} token Asked before every call where it is a function.
 * @param {{ plaintext?: boolean }} [options] Without TLS; where not told, only for this machine's own addresses.
 * @returns {import("./client.js").Channel}
 */
export function openChannel(address, token, { plaintext } = {}) {
  const transport = createGrpcTransport({
    baseUrl: baseUrl(address, plaintext),
    pingIntervalMs: 60_000,
    readMaxBytes: 16 * MIB,
  });
  return withManners(transport, token, "user-agent");
}
