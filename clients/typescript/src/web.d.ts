/**
 * A channel that sends the token with every call and gives every unary call without a `timeoutMs` one of 15 seconds.
 *
 * @param {string} address Host and port; a page's own is `location.host`.
 * @param {import("./client.js").Token} [token] Asked before every call where it is a function. Without one, the cookie
 *   of a signed-in browser is used.
 * @param {{ plaintext?: boolean }} [options] Without TLS; where not told, only for this machine's own addresses.
 * @returns {import("./client.js").Channel}
 */
export function openChannel(address: string, token?: import("./client.js").Token, { plaintext }?: {
    plaintext?: boolean;
}): import("./client.js").Channel;
