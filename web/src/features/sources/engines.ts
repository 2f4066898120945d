// What each kind of database is asked for: one table, from which the form is drawn and checked.

import type { Values } from "./form";

/** One field of the form, of one kind of database. */
export interface FieldOf {
  readonly field: Exclude<keyof Values, "engine" | "title">;
  readonly label: string;
  readonly help?: string;
  readonly placeholder?: string;
  readonly type?: "password";
  /** What is said where it is empty; without it, it may be. */
  readonly missing?: string;
  /** What an empty field means, where a default is understood. */
  readonly standard?: string;
  /** Whether it stands beside the one before it. */
  readonly beside?: boolean;
}

const FILE_HELP = "On the machine where Candor runs. It is opened for reading alone.";
const HOST: FieldOf = {
  field: "host",
  label: "Host",
  placeholder: "db.example.com",
  missing: "Write the server’s name or address.",
};
const DATABASE: FieldOf = { field: "database", label: "Database", missing: "Write the database’s name." };
const USER: FieldOf = {
  field: "user",
  label: "User",
  help: "One that may only read is best.",
  missing: "Write the user to sign in as.",
};
const PASSWORD: FieldOf = {
  field: "password",
  label: "Password",
  type: "password",
  help: "Sealed at once, never shown again.",
  beside: true,
};
const TLS: FieldOf = { field: "tlsMode", label: "Encryption" };

function file(placeholder: string): readonly FieldOf[] {
  return [{ field: "path", label: "Path", help: FILE_HELP, placeholder, missing: "Write the path of the file." }];
}

function port(standard: string): FieldOf {
  return { field: "port", label: "Port", placeholder: standard, standard, beside: true };
}

/** The kinds of database that can be added, with what each is asked for. */
export const ENGINES = [
  { value: "sqlite", label: "SQLite file", fields: file("/data/shop.sqlite") },
  { value: "duckdb", label: "DuckDB file", fields: file("/data/shop.duckdb") },
  {
    value: "postgres",
    label: "PostgreSQL",
    fields: [
      HOST,
      port("5432"),
      DATABASE,
      USER,
      PASSWORD,
      TLS,
      { field: "schemas", label: "Schemas", help: "Separated by commas. All of them when empty." },
    ],
  },
  {
    value: "mysql",
    label: "MySQL",
    fields: [{ ...HOST, help: "Of a MySQL or MariaDB server." }, port("3306"), DATABASE, USER, PASSWORD, TLS],
  },
  { value: "sqlServer", label: "SQL Server", fields: [HOST, port("1433"), DATABASE, USER, PASSWORD] },
  {
    value: "snowflake",
    label: "Snowflake",
    fields: [
      {
        field: "account",
        label: "Account",
        placeholder: "myorg-myaccount",
        missing: "Write the account’s identifier.",
      },
      USER,
      { ...PASSWORD, label: "Password or token" },
      DATABASE,
      { field: "schema", label: "Schema", placeholder: "PUBLIC", beside: true },
      { field: "warehouse", label: "Warehouse" },
      { field: "role", label: "Role", help: "One that may only read is best.", beside: true },
    ],
  },
  {
    value: "bigquery",
    label: "BigQuery",
    fields: [
      { field: "project", label: "Project", missing: "Write the project’s id." },
      { field: "dataset", label: "Dataset", missing: "Write the dataset’s name.", beside: true },
      { field: "location", label: "Location", placeholder: "EU" },
      {
        field: "credentials",
        label: "Service account key",
        type: "password",
        help: "The key’s JSON. Sealed at once, never shown again.",
        missing: "Paste the key’s JSON.",
      },
    ],
  },
  {
    value: "trino",
    label: "Trino",
    fields: [
      HOST,
      port("443"),
      { field: "catalog", label: "Catalog", missing: "Write the catalogue’s name." },
      { field: "schema", label: "Schema", help: "All of them when empty.", beside: true },
      USER,
      PASSWORD,
      TLS,
    ],
  },
] as const satisfies readonly { value: string; label: string; fields: readonly FieldOf[] }[];

/** A kind of database. */
export type Engine = (typeof ENGINES)[number]["value"];

/** What a kind of database is asked for. */
export function fieldsOf(engine: Engine): readonly FieldOf[] {
  return ENGINES.find(({ value }) => value === engine)?.fields ?? [];
}
