// Asks Candor a question over gRPC and prints the answer:
//
//   npm ci && CANDOR_TOKEN=… node example.mjs "How many customers are there?" [DATA_SOURCE]
//
// The stream of events is left after the first one and taken up again where it was, as a program does that was
// started anew. CANDOR_ADDRESS says where Candor is, if not at localhost:8080.

import { failure, watch } from "@candor/client/client";
import { openChannel } from "@candor/client/node";
import { GenerationService, Result_Outcome } from "@candor/client/candor/generation/v1/generation_service_pb";
import { createClient } from "@connectrpc/connect";

const [, , question = "", dataSource = "organizations/local/dataSources/sample"] = process.argv;
const channel = openChannel(process.env.CANDOR_ADDRESS ?? "localhost:8080", process.env.CANDOR_TOKEN ?? "");

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

/** Creates a generation and follows it to its last event: a result or an error. */
async function ask() {
  const [parent = ""] = dataSource.split("/dataSources/");
  const request = { parent, generation: { dataSource, question } };
  const name = (await createClient(GenerationService, channel).createGeneration(request)).generation?.name ?? "";
  const events = [];
  for await (const event of watch(channel, name)) {
    events.push(event);
    break;
  }
  const afterSequence = events[0]?.sequence ?? 0n;
  print(`Cut after event ${afterSequence}.`);
  for await (const event of watch(channel, name, { afterSequence })) events.push(event);
  return events.map(({ event }) => event);
}

/**
 * Prints a part of the rows, which come column by column.
 * @param {import("@candor/client/candor/generation/v1/generation_service_pb").Rows} rows
 */
function show({ columns, batch }) {
  if (columns.length > 0) print(columns.map(({ name }) => name).join("\t"));
  for (let row = 0; row < (batch?.rowCount ?? 0); row += 1) {
    const cells = batch?.columns.map(({ values, nullRows }) =>
      nullRows.includes(row) ? "NULL" : values.value?.items[row],
    );
    print((cells ?? []).join("\t"));
  }
}

try {
  const events = await ask();
  const last = events.at(-1);
  if (last?.case === "error") throw new Error(last.value.message);
  if (last?.case !== "result") throw new Error("There is no result.");
  const result = last.value;
  if (result.outcome !== Result_Outcome.ANSWERED) {
    throw new Error(result.abstention?.message ?? "The question has several readings: ask more precisely.");
  }
  print(`SQL: ${result.sql}\nConfidence: ${Math.round(result.confidence * 100)}%`);
  for (const event of events) if (event.case === "rows") show(event.value);
} catch (error) {
  process.stderr.write(`${JSON.stringify(failure(error))}\n`);
  process.exitCode = 1;
}
