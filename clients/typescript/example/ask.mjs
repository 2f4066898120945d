// Asks Candor a question over REST and prints what came of it.
//
//   npm install && CANDOR_TOKEN=… node example/ask.mjs "How many customers are there?"

import { create, fromJson, toJson } from "@bufbuild/protobuf";
import { GetCallerResponseSchema } from "@candor/client/candor/accounts/v1/accounts_service_pb";
import {
  CreateGenerationRequestSchema,
  CreateGenerationResponseSchema,
  GetGenerationResponseSchema,
  Generation_State,
  Result_Outcome,
} from "@candor/client/candor/generation/v1/generation_service_pb";

const url = process.env.CANDOR_URL ?? "http://localhost:8080";
const headers = { authorization: `Bearer ${process.env.CANDOR_TOKEN ?? ""}`, "content-type": "application/json" };

/** Calls the platform and reads its answer; throws what the platform says when it refuses. */
async function call(method, path, schema, body) {
  const response = await fetch(`${url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const json = await response.json();
  if (!response.ok) throw new Error(json.message);
  return fromJson(schema, json, { ignoreUnknownFields: true });
}

const { organization } = await call("GET", "/v1/caller", GetCallerResponseSchema);
const request = create(CreateGenerationRequestSchema, {
  generation: { dataSource: `${organization}/dataSources/sample`, question: process.argv[2] ?? "How many customers are there?" },
});
const path = `/v1/${organization}/generations`;
let { generation } = await call("POST", path, CreateGenerationResponseSchema, toJson(CreateGenerationRequestSchema, request));

while (generation.state < Generation_State.SUCCEEDED) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  ({ generation } = await call("GET", `/v1/${generation.name}`, GetGenerationResponseSchema));
}

const { result, error } = generation;
if (result?.outcome === Result_Outcome.ANSWERED) process.stdout.write(`${result.explanation}\n\n${result.sql}\n`);
else process.stdout.write(`${result?.abstention?.message ?? error?.message ?? "It needs to be asked more precisely."}\n`);
