import { CatalogSchema } from "@candor/client/candor/catalog/v1/catalog_pb";
import { describe, expect, it } from "vitest";

import { read } from "@/api/call";

import { outlineOf } from "./outline";

const CATALOG = read(CatalogSchema, {
  tables: [
    {
      schema: "public",
      name: "orders",
      columns: [{ name: "id" }, { name: "customer_id" }, { name: "placed", comment: "The day of the order" }],
    },
    { schema: "public", name: "customers", columns: [{ name: "id" }, { name: "city" }] },
  ],
  foreignKeys: [
    { table: "public.orders", columns: ["customer_id"], referredTable: "public.customers", referredColumns: ["id"] },
  ],
});

describe("outlineOf", () => {
  it("shows where a foreign key points", () => {
    expect(outlineOf(CATALOG, "")[0]?.columns.map(({ refersTo }) => refersTo)).toEqual(["", "public.customers.id", ""]);
  });

  it("keeps a whole table when its name matches", () => {
    expect(outlineOf(CATALOG, "ORDERS")).toMatchObject([
      { name: "public.orders", byColumn: false, columns: { length: 3 } },
    ]);
  });

  it("keeps the columns that match, by name or comment, with every word", () => {
    expect(outlineOf(CATALOG, "city").map(({ name, columns }) => [name, columns.length])).toEqual([
      ["public.customers", 1],
    ]);
    expect(outlineOf(CATALOG, "orders day")).toMatchObject([
      { byColumn: true, columns: [{ column: { name: "placed" } }] },
    ]);
    expect(outlineOf(CATALOG, "nothing")).toEqual([]);
  });
});
