// The form for a data source: its values, and the connection they describe.

import { create } from "@bufbuild/protobuf";
import {
  ConnectionSchema,
  PostgresConnection_TlsMode as TlsMode,
  type Connection,
} from "@candor/client/candor/validation/v1/validation_service_pb";

import type { FieldViolation } from "@/api/failure";
import { idFromTitle } from "@/api/names";

/** The kinds of database that can be added. */
export const ENGINES = [
  { value: "sqlite", label: "SQLite file" },
  { value: "duckdb", label: "DuckDB file" },
  { value: "postgres", label: "PostgreSQL" },
] as const;

/** A kind of database. */
export type Engine = (typeof ENGINES)[number]["value"];

/** How the connection to a server is encrypted. */
export const TLS_MODES = [
  { value: "prefer", mode: TlsMode.UNSPECIFIED, label: "Encrypted where the server can" },
  { value: "require", mode: TlsMode.REQUIRE, label: "Encrypted" },
  { value: "verify_full", mode: TlsMode.VERIFY_FULL, label: "Encrypted, server verified" },
  { value: "disable", mode: TlsMode.DISABLE, label: "Not encrypted" },
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
}

/** An empty form. */
export const EMPTY: Values = {
  engine: "sqlite",
  title: "",
  path: "",
  host: "",
  port: "5432",
  database: "",
  user: "",
  password: "",
  tlsMode: "prefer",
  schemas: "",
};

/** What is wrong with the form, by field; empty when nothing is. */
export type Problems = Readonly<Partial<Record<keyof Values, string>>>;

/** Looks for what the platform would refuse anyway. */
export function problemsOf(values: Values): Problems {
  const problems: Partial<Record<keyof Values, string>> = {};
  const required = (field: keyof Values, words: string) => {
    if (!values[field].trim()) problems[field] = words;
  };
  required("title", "Give it a name.");
  if (values.title.trim() && !idFromTitle(values.title))
    problems.title = "Use at least one letter from a to z, or a digit.";
  if (values.engine !== "postgres") {
    required("path", "Write the path of the file.");
    return problems;
  }
  required("host", "Write the server’s name or address.");
  required("database", "Write the database’s name.");
  required("user", "Write the user to sign in as.");
  const port = Number(values.port || "5432");
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.port = "A port is a number from 1 to 65535.";
  return problems;
}

/** The connection that the form describes. */
export function connectionOf(values: Values): Connection {
  if (values.engine !== "postgres") {
    return create(ConnectionSchema, { engine: { case: values.engine, value: { path: values.path.trim() } } });
  }
  return create(ConnectionSchema, {
    engine: {
      case: "postgres",
      value: {
        host: values.host.trim(),
        port: Number(values.port || "5432"),
        database: values.database.trim(),
        user: values.user.trim(),
        password: values.password,
        tlsMode: TLS_MODES.find(({ value }) => value === values.tlsMode)?.mode ?? TlsMode.UNSPECIFIED,
        schemas: values.schemas.split(/[\s,]+/u).filter(Boolean),
      },
    },
  });
}

/** The last word of the platform's field paths, as a field of the form. */
const FIELDS: Readonly<Record<string, keyof Values>> = {
  path: "path",
  host: "host",
  port: "port",
  database: "database",
  user: "user",
  password: "password",
  tls_mode: "tlsMode",
  tlsMode: "tlsMode",
  schemas: "schemas",
  display_name: "title",
  displayName: "title",
  data_source_id: "title",
  dataSourceId: "title",
};

/** The platform's objections, put to the fields of the form that they are about. */
export function problemsFrom(violations: readonly FieldViolation[]): Problems {
  const problems: Partial<Record<keyof Values, string>> = {};
  for (const { field, description } of violations) {
    const own =
      FIELDS[
        field
          .replace(/\[\d+\]$/u, "")
          .split(".")
          .at(-1) ?? ""
      ];
    if (own) problems[own] ??= description;
  }
  return problems;
}
