// The cases that every client tries, as the TypeScript client does, in a program or on a page.

import { failure, watch } from "@candor/client/client";
import { GenerationService } from "@candor/client/candor/generation/v1/generation_service_pb";
import { createClient } from "@connectrpc/connect";

const parent = "organizations/local/generations";

/** @typedef {import("@candor/client/client").Channel} Channel */
/** @typedef {import("@candor/client/client").Token} Token */
/** @typedef {Record<string, unknown>} Line */

/**
 * @param {Channel} channel
 * @param {string} name
 * @param {{ timeoutMs?: number }} [options]
 */
async function get(channel, name, options = {}) {
  const { generation } = await createClient(GenerationService, channel).getGeneration(
    { name: `${parent}/${name}` },
    options,
  );
  if (!generation) throw new Error(`${name} is empty`);
  return generation;
}

/**
 * @param {Channel} channel
 * @param {string} name
 * @param {{ timeoutMs?: number }} [options]
 */
async function refused(channel, name, options = {}) {
  try {
    await get(channel, name, options);
  } catch (error) {
    const { retryAfterS: retry_after_s, ...rest } = failure(error);
    return { ...rest, retry_after_s };
  }
  throw new Error(`${name} was not refused`);
}

/**
 * @param {Channel} channel
 * @param {string} name
 */
async function watched(channel, name) {
  const sequences = [];
  let kind;
  for await (const event of watch(channel, `${parent}/${name}`)) {
    sequences.push(Number(event.sequence));
    kind = event.event.case;
  }
  return { sequences, kind };
}

/**
 * @param {(token: Token) => Channel} open
 * @param {string} token
 * @returns {Record<string, () => Promise<Line>>}
 */
function casesOf(open, token) {
  const channel = open(token);
  return {
    async unary() {
      const { name, question } = await get(channel, "unary");
      return { name, question };
    },
    stream: () => watched(channel, "stream"),
    resume: () => watched(channel, "resume"),
    error_details: () => refused(channel, "missing"),
    async no_retry() {
      const { code, reason, retry_after_s } = await refused(channel, "unavailable");
      return { code, reason, retry_after_s };
    },
    async deadline() {
      const { code } = await refused(channel, "slow", { timeoutMs: 500 });
      return { code };
    },
    default_deadline: async () => ({ question: (await get(channel, "deadline")).question }),
    async cancel() {
      let received = 0;
      for await (const _ of watch(channel, `${parent}/endless`)) {
        received += 1;
        break;
      }
      return { received };
    },
    metadata: async () => ({ question: (await get(channel, "metadata")).question }),
    async large() {
      const { question } = await get(channel, "large");
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(question)));
      const sha256 = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
      return { characters: [...question].length, sha256 };
    },
    async token_refresh() {
      let asked = 0;
      const refreshing = open(() => {
        asked += 1;
        return token;
      });
      await get(refreshing, "metadata");
      await get(refreshing, "metadata");
      return { asked };
    },
  };
}

/**
 * Tries the cases in order; one line of JSON for each.
 * @param {string[]} names
 * @param {(token: Token) => Channel} open
 * @param {string} token
 * @param {(line: string) => unknown} print
 */
export async function tryCases(names, open, token, print) {
  const cases = casesOf(open, token);
  for (const name of names) await print(JSON.stringify({ case: name, ...(await cases[name]?.()) }));
}
