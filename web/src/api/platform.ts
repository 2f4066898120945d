// The calls that the page makes, one function each, in the words of the contracts.

import { create } from "@bufbuild/protobuf";
import { GetCallerResponseSchema, type GetCallerResponse } from "@candor/client/candor/accounts/v1/accounts_service_pb";
import {
  GetSchemaResponseSchema,
  SyncSchemaRequestSchema,
  SyncSchemaResponseSchema,
  type GetSchemaResponse,
  type SyncSchemaResponse,
} from "@candor/client/candor/documents/v1/documents_service_pb";
import {
  CancelGenerationRequestSchema,
  CancelGenerationResponseSchema,
  CreateGenerationRequestSchema,
  CreateGenerationResponseSchema,
  GetGenerationResponseSchema,
  ListGenerationsResponseSchema,
  type Generation,
  type ListGenerationsResponse,
} from "@candor/client/candor/generation/v1/generation_service_pb";
import {
  CreateDataSourceRequestSchema,
  CreateDataSourceResponseSchema,
  ListDataSourcesResponseSchema,
  type Connection,
  type DataSource,
} from "@candor/client/candor/validation/v1/validation_service_pb";

import { call, write } from "./call";
import { CallError, UNREADABLE } from "./failure";
import { newTraceparent, rememberTrace } from "./trace";

/** How many items a page of a list holds. */
const PAGE_SIZE = 50;

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new CallError(UNREADABLE);
  return value;
}

/** Who is signed in, and for which organization. */
export function getCaller(): Promise<GetCallerResponse> {
  return call("GET", "/v1/caller", GetCallerResponseSchema);
}

/** Asks a question. The same request id gives the same generation, however often it is sent. */
export async function createGeneration(
  organization: string,
  dataSource: string,
  question: string,
  requestId: string,
): Promise<Generation> {
  const request = create(CreateGenerationRequestSchema, { generation: { dataSource, question }, requestId });
  const path = `/v1/${organization}/generations`;
  const traceparent = newTraceparent();
  const answer = await call(
    "POST",
    path,
    CreateGenerationResponseSchema,
    write(CreateGenerationRequestSchema, request),
    traceparent,
  );
  const generation = present(answer.generation);
  rememberTrace(generation.name, traceparent);
  return generation;
}

/** A generation as it is now. */
export async function getGeneration(name: string): Promise<Generation> {
  return present((await call("GET", `/v1/${name}`, GetGenerationResponseSchema)).generation);
}

/** Stops a generation, its model call and its statement. */
export async function cancelGeneration(name: string): Promise<Generation> {
  const body = write(CancelGenerationRequestSchema, create(CancelGenerationRequestSchema));
  return present((await call("POST", `/v1/${name}:cancel`, CancelGenerationResponseSchema, body)).generation);
}

/** A page of an organization's generations, newest first. */
export function listGenerations(organization: string, pageToken: string): Promise<ListGenerationsResponse> {
  const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...(pageToken ? { pageToken } : {}) });
  return call("GET", `/v1/${organization}/generations?${query.toString()}`, ListGenerationsResponseSchema);
}

/** Every data source of an organization. */
export async function listDataSources(organization: string): Promise<DataSource[]> {
  const found: DataSource[] = [];
  let pageToken = "";
  do {
    const query = new URLSearchParams({ pageSize: "200", ...(pageToken ? { pageToken } : {}) });
    const page = await call(
      "GET",
      `/v1/${organization}/dataSources?${query.toString()}`,
      ListDataSourcesResponseSchema,
    );
    found.push(...page.dataSources);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

/** Adds a data source after the platform has connected to it once. */
export async function createDataSource(
  organization: string,
  dataSourceId: string,
  displayName: string,
  connection: Connection,
  requestId: string,
): Promise<DataSource> {
  const request = create(CreateDataSourceRequestSchema, {
    dataSourceId,
    dataSource: { displayName, connection },
    requestId,
  });
  const path = `/v1/${organization}/dataSources`;
  const answer = await call(
    "POST",
    path,
    CreateDataSourceResponseSchema,
    write(CreateDataSourceRequestSchema, request),
  );
  return present(answer.dataSource);
}

/** The newest snapshot of a data source's schema. */
export function getSchema(dataSource: string): Promise<GetSchemaResponse> {
  return call("GET", `/v1/${dataSource}/schema`, GetSchemaResponseSchema);
}

/** Reads a data source's schema and values again. */
export function syncSchema(dataSource: string): Promise<SyncSchemaResponse> {
  const body = write(SyncSchemaRequestSchema, create(SyncSchemaRequestSchema));
  return call("POST", `/v1/${dataSource}:syncSchema`, SyncSchemaResponseSchema, body);
}
