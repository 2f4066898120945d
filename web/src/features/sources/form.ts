// The form for a data source: its values, and the connection they describe.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ConnectionSchema,
  MysqlConnection_TlsMode as MysqlTls,
  PostgresConnection_TlsMode as TlsMode,
  type Connection,
} from "@candor/client/candor/validation/v1/validation_service_pb";

import type { FieldViolation } from "@/api/failure";
import { idFromTitle } from "@/api/names";

import { fieldsOf, type Engine } from "./engines";

/** How the connection to a server is encrypted. */
export const TLS_MODES = [
  { value: "prefer", mode: TlsMode.UNSPECIFIED, mysql: MysqlTls.UNSPECIFIED, label: "Encrypted where the server can" },
  { value: "require", mode: TlsMode.REQUIRE, mysql: MysqlTls.REQUIRE, label: "Encrypted" },
  { value: "verify_full", mode: TlsMode.VERIFY_FULL, mysql: MysqlTls.VERIFY_FULL, label: "Encrypted, server verified" },
  { value: "disable", mode: TlsMode.DISABLE, mysql: MysqlTls.DISABLE, label: "Not encrypted" },
] as const;

/** What stands in the form. */
export interface Values {
  readonly engine: Engine;
  readonly title: string;
  readonly path: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tlsMode: string;
  readonly schemas: string;
  readonly account: string;
  readonly warehouse: string;
  readonly role: string;
  readonly schema: string;
  readonly project: string;
  readonly dataset: string;
  readonly location: string;
  readonly credentials: string;
  readonly catalog: string;
}

/** An empty form. */
export const EMPTY: Values = {
  engine: "sqlite",
  title: "",
  path: "",
  host: "",
  port: "",
  database: "",
  user: "",
  password: "",
  tlsMode: "prefer",
  schemas: "",
  account: "",
  warehouse: "",
  role: "",
  schema: "",
  project: "",
  dataset: "",
  location: "",
  credentials: "",
  catalog: "",
};

/** What is wrong with the form, by field; empty when nothing is. */
export type Problems = Readonly<Partial<Record<keyof Values, string>>>;

/** Looks for what the platform would refuse anyway. */
export function problemsOf(values: Values): Problems {
  const problems: Partial<Record<keyof Values, string>> = {};
  if (!values.title.trim()) problems.title = "Give it a name.";
  else if (!idFromTitle(values.title)) problems.title = "Use at least one letter from a to z, or a digit.";
  for (const { field, missing, standard } of fieldsOf(values.engine)) {
    const written = values[field].trim() || (standard ?? "");
    if (missing && !written) problems[field] = missing;
    const port = Number(written);
    if (field === "port" && (!Number.isInteger(port) || port < 1 || port > 65_535))
      problems.port = "A port is a number from 1 to 65535.";
  }
  return problems;
}

/** The connection that the form describes. */
export function connectionOf(values: Values): Connection {
  return create(ConnectionSchema, { engine: engineOf(values) });
}

type EngineOf = NonNullable<MessageInitShape<typeof ConnectionSchema>["engine"]>;

function engineOf(values: Values): EngineOf {
  const standard = fieldsOf(values.engine).find(({ field }) => field === "port")?.standard;
  const trimmed = (field: keyof Values) => values[field].trim();
  const server = {
    host: trimmed("host"),
    port: Number(trimmed("port") || standard),
    database: trimmed("database"),
    user: trimmed("user"),
    password: values.password,
  };
  const tls = TLS_MODES.find(({ value }) => value === values.tlsMode) ?? TLS_MODES[0];
  switch (values.engine) {
    case "sqlite":
    case "duckdb":
      return { case: values.engine, value: { path: trimmed("path") } };
    case "postgres":
      return {
        case: "postgres",
        value: { ...server, tlsMode: tls.mode, schemas: values.schemas.split(/[\s,]+/u).filter(Boolean) },
      };
    case "mysql":
      return { case: "mysql", value: { ...server, tlsMode: tls.mysql } };
    case "sqlServer":
      return { case: "sqlServer", value: server };
    case "snowflake":
      return {
        case: "snowflake",
        value: {
          account: trimmed("account"),
          user: server.user,
          password: server.password,
          warehouse: trimmed("warehouse"),
          database: server.database,
          schema: trimmed("schema"),
          role: trimmed("role"),
        },
      };
    case "bigquery":
      return {
        case: "bigquery",
        value: {
          project: trimmed("project"),
          dataset: trimmed("dataset"),
          location: trimmed("location"),
          credentialsJson: trimmed("credentials"),
        },
      };
    case "trino": {
      const { host, port, user, password } = server;
      const plainText = tls.value === "disable";
      const place = { catalog: trimmed("catalog"), schema: trimmed("schema") };
      return { case: "trino", value: { host, port, user, password, plainText, ...place } };
    }
  }
}

/** The last word of the platform's field paths where the form has another. */
const FIELDS: Readonly<Record<string, keyof Values>> = {
  credentialsJson: "credentials",
  displayName: "title",
  dataSourceId: "title",
  plainText: "tlsMode",
};

/** The platform's objections, put to the fields of the form that they are about. */
export function problemsFrom(violations: readonly FieldViolation[]): Problems {
  const problems: Partial<Record<keyof Values, string>> = {};
  for (const { field, description } of violations) {
    const last =
      field
        .replace(/\[\d+\]$/u, "")
        .split(".")
        .at(-1) ?? "";
    const word = last.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
    const own = FIELDS[word] ?? (word in EMPTY && word !== "engine" ? (word as keyof Values) : undefined);
    if (own) problems[own] ??= description;
  }
  return problems;
}
