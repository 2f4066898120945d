// The conformance program of the TypeScript client: tries the cases that it is told, one line of JSON for each.
// It speaks gRPC, or gRPC-Web where CANDOR_PROTOCOL is "grpc-web".

import * as grpc from "@candor/client/node";
import * as web from "@candor/client/web";

import { tryCases } from "./cases.mjs";

const { CANDOR_ADDRESS: address = "", CANDOR_TOKEN: token = "", CANDOR_PROTOCOL } = process.env;
const { openChannel } = CANDOR_PROTOCOL === "grpc-web" ? web : grpc;
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
await tryCases(process.argv.slice(2), (token) => openChannel(address, token), token, print);
