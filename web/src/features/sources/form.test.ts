import { describe, expect, it } from "vitest";

import { ENGINES, fieldsOf } from "./engines";
import { connectionOf, EMPTY, problemsFrom, problemsOf, type Values } from "./form";

const SERVER: Values = { ...EMPTY, engine: "postgres", title: "Sales", host: "db", database: "sales", user: "reader" };

describe("problemsOf", () => {
  it("asks for what the kind of database needs, and for nothing else", () => {
    expect(Object.keys(problemsOf(EMPTY)).toSorted()).toEqual(["path", "title"]);
    expect(Object.keys(problemsOf({ ...EMPTY, engine: "postgres" })).toSorted()).toEqual([
      "database",
      "host",
      "title",
      "user",
    ]);
    expect(problemsOf(SERVER)).toEqual({});
  });

  it.each(["0", "65536", "x", "54.3", "-1"])("refuses the port %j", (port) => {
    expect(problemsOf({ ...SERVER, port }).port).toBeTruthy();
  });
});

describe("connectionOf", () => {
  it("trims what was typed, keeps the password as it is, and splits the schemas", () => {
    const { engine } = connectionOf({ ...SERVER, host: " db ", password: " s ", port: "", schemas: "public,  sales" });
    expect(engine).toMatchObject({
      case: "postgres",
      value: { host: "db", password: " s ", port: 5432, schemas: ["public", "sales"] },
    });
  });
});

describe("every kind of database", () => {
  const FILLED: Values = {
    ...(Object.fromEntries(Object.keys(EMPTY).map((field) => [field, "x"])) as unknown as Values),
    port: "",
    tlsMode: "prefer",
  };

  it.each(ENGINES.map(({ value }) => value))("%s can be described, and misses only what it asks for", (engine) => {
    expect(problemsOf({ ...FILLED, engine })).toEqual({});
    expect(connectionOf({ ...FILLED, engine }).engine.case).toBe(engine);
    const needed = fieldsOf(engine).flatMap(({ field, missing }) => (missing ? [field] : []));
    expect(Object.keys(problemsOf({ ...EMPTY, engine })).toSorted()).toEqual([...needed, "title"].toSorted());
  });

  it("talks to Trino in plain text only where that was chosen", () => {
    const plain = ["prefer", "disable"].map((tlsMode) => connectionOf({ ...FILLED, engine: "trino", tlsMode }).engine);
    expect(plain.map(({ value }) => (value as { plainText: boolean }).plainText)).toEqual([false, true]);
  });
});

describe("problemsFrom", () => {
  it("puts the platform's objections to the fields they are about", () => {
    const violations = [
      { field: "data_source.connection.postgres.schemas[2]", description: "Too long." },
      { field: "dataSourceId", description: "Wrong." },
      { field: "elsewhere", description: "Never shown." },
    ];
    expect(problemsFrom(violations)).toEqual({ schemas: "Too long.", title: "Wrong." });
  });
});
