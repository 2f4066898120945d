// The client against services in this process, whose streams break as the test says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AGENT, BACKOFF_MS, Incomplete, baseUrl, failure, watch, withManners } from "@candor/client/client";
import { openChannel } from "@candor/client/web";
import { GenerationService } from "@candor/client/candor/generation/v1/generation_service_pb";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";

BACKOFF_MS.splice(0, Infinity, 1, 1);
const name = "organizations/local/generations/one";

/** @typedef {{ after: bigint[], headers: Headers[] }} Seen */

/**
 * Five events, of which one stream gives at most two; then it ends, or fails with a code.
 * @param {{ code?: Code, silent?: boolean, token?: import("@candor/client/client").Token }} [options]
 */
function channel({ code, silent = false, token } = {}) {
  /** @type {Seen} */
  const seen = { after: [], headers: [] };
  const transport = createRouterTransport(({ service }) => {
    service(GenerationService, {
      getGeneration: (_request, { requestHeader }) => {
        seen.headers.push(requestHeader);
        return {};
      },
      async *watchGeneration({ afterSequence }) {
        seen.after.push(afterSequence);
        for (let next = afterSequence + 1n; next <= afterSequence + 2n && next <= 5n && !silent; next += 1n) {
          const event = next === 5n ? { case: "result", value: {} } : { case: "rows", value: {} };
          yield { events: [{ sequence: next, event: /** @type {any} */ (event) }] };
        }
        if (code) throw new ConnectError("cut", code);
      },
    });
  });
  return { seen, over: withManners(transport, token, "user-agent") };
}

/**
 * @param {import("@candor/client/client").Channel} over
 * @param {bigint} [afterSequence]
 */
async function sequences(over, afterSequence = 0n) {
  const all = [];
  for await (const { sequence } of watch(over, name, { afterSequence })) all.push(Number(sequence));
  return all;
}

for (const code of [undefined, Code.Unavailable, Code.DeadlineExceeded]) {
  test(`a stream that is cut with ${code ? Code[code] : "no word"} goes on after its last event`, async () => {
    const { seen, over } = channel(code ? { code } : {});
    assert.deepEqual(await sequences(over), [1, 2, 3, 4, 5]);
    assert.deepEqual(seen.after, [0n, 2n, 4n]);
  });
}

test("a watch starts where it is told", async () => {
  assert.deepEqual(await sequences(channel().over, 3n), [4, 5]);
});

test("a watch that brings nothing new gives up", async () => {
  const { seen, over } = channel({ code: Code.Unavailable, silent: true });
  await assert.rejects(sequences(over), { code: Code.Unavailable });
  assert.equal(seen.after.length, 3);
  await assert.rejects(sequences(channel({ silent: true }).over), Incomplete);
});

test("a refused watch is not tried again", async () => {
  const { seen, over } = channel({ code: Code.PermissionDenied });
  await assert.rejects(sequences(over), { code: Code.PermissionDenied });
  assert.deepEqual(seen.after, [0n]);
});

test("a token that cannot be had fails the call, and the watch at once", async () => {
  const token = () => Promise.reject(new Error("no token"));
  const { seen, over } = channel({ token });
  await assert.rejects(createClient(GenerationService, over).getGeneration({ name }), /no token/u);
  await assert.rejects(sequences(over), /no token/u);
  assert.deepEqual(seen, { after: [], headers: [] });
});

test("without a token none is sent: a signed-in browser has its cookie", async () => {
  const { seen, over } = channel();
  await createClient(GenerationService, over).getGeneration({ name });
  assert.equal(seen.headers[0]?.has("authorization"), false);
});

test("a page names its client where a browser lets it", async (context) => {
  /** @type {Headers[]} */
  const sent = [];
  context.mock.method(
    globalThis,
    "fetch",
    (/** @type {string} */ _url, /** @type {{ headers: Headers }} */ { headers }) => {
      sent.push(headers);
      return Promise.reject(new Error("no network"));
    },
  );
  await assert.rejects(createClient(GenerationService, openChannel("localhost:1", "word")).getGeneration({ name }));
  assert.equal(sent[0]?.get("x-user-agent"), AGENT);
  assert.equal(sent[0]?.get("authorization"), "Bearer word");
});

test("a token crosses a network only encrypted, unless asked otherwise", () => {
  for (const address of ["localhost:1", "127.0.0.2:1", "[::1]:1"]) {
    assert.equal(baseUrl(address, undefined), `http://${address}`);
  }
  for (const address of ["candor.example:443", "10.0.0.1:1", "127.0.0.1.candor.example:1", "localhost.example:1"]) {
    assert.equal(baseUrl(address, undefined), `https://${address}`);
  }
  assert.equal(baseUrl("10.0.0.1:1", true), "http://10.0.0.1:1");
});

test("a failure has gRPC's own word for its code", () => {
  assert.equal(failure(new ConnectError("", Code.Canceled)).code, "CANCELLED");
  assert.equal(failure(new ConnectError("", Code.ResourceExhausted)).code, "RESOURCE_EXHAUSTED");
  assert.deepEqual(failure(new Error("no network")), {
    code: "UNKNOWN",
    message: "no network",
    reason: "",
    metadata: {},
    retryAfterS: null,
  });
});
