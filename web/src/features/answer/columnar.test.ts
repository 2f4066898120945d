import { create } from "@bufbuild/protobuf";
import { ColumnType } from "@candor/client/candor/catalog/v1/catalog_pb";
import { ResultColumnSchema, RowBatchSchema } from "@candor/client/candor/validation/v1/validation_service_pb";
import { describe, expect, it } from "vitest";

import { read } from "@/api/call";

import { compareCells, rowsOf, shownText } from "./columnar";

const COLUMNS = [
  create(ResultColumnSchema, { name: "id", type: ColumnType.INTEGER }),
  create(ResultColumnSchema, { name: "city", type: ColumnType.TEXT }),
];

function batch(ids: string[], cities: string[], nullRows: number[] = []) {
  return read(RowBatchSchema, {
    rowCount: ids.length,
    columns: [{ integers: { items: ids } }, { texts: { items: cities }, nullRows }],
  });
}

describe("rowsOf", () => {
  it("reads cells across batches", () => {
    const rows = rowsOf(COLUMNS, [batch(["1", "2"], ["Lyon", "Ghent"]), batch(["3"], ["Porto"])]);
    expect(rows.count).toBe(3);
    expect([0, 1, 2].map((row) => rows.cell(row, 1))).toEqual(["Lyon", "Ghent", "Porto"]);
  });

  it("tells NULL from an empty text, by its place within its batch", () => {
    const rows = rowsOf(COLUMNS, [batch(["1"], [""]), batch(["2", "3"], ["", "x"], [0])]);
    expect([0, 1, 2].map((row) => rows.cell(row, 1))).toEqual(["", null, "x"]);
  });

  it("keeps every digit of a whole number of 64 bits", () => {
    const rows = rowsOf(COLUMNS, [batch(["9223372036854775807"], ["x"])]);
    expect(String(rows.cell(0, 0))).toBe("9223372036854775807");
  });

  it("has no value outside the result, nor in a column that did not come", () => {
    const rows = rowsOf([...COLUMNS, create(ResultColumnSchema, { name: "late" })], [batch(["1"], ["x"])]);
    expect([rows.cell(-1, 0), rows.cell(1, 0), rows.cell(0, 2)]).toEqual([null, null, null]);
  });

  it("passes over empty batches", () => {
    const rows = rowsOf(COLUMNS, [batch([], []), batch(["7"], ["x"]), batch([], [])]);
    expect(rows.cell(0, 0)).toBe(7n);
  });
});

describe("shownText", () => {
  it("gives an average four places, all of them where they matter", () => {
    const cells = ["29758.064516129032", "92800.000000000000", 0.1 + 0.2, "0.0012345678", "12.50", 7n];
    const shown = ["29758.0645", "92800.0000", "0.3000", "0.0012345678", "12.50", "7"];
    expect(cells.map((cell) => shownText(cell, true))).toEqual(shown);
  });

  it("leaves a text and a number of many digits as they are", () => {
    expect(shownText("1.23456789", false)).toBe("1.23456789");
    expect(shownText("9007199254740993.12345678", true)).toBe("9007199254740993.12345678");
  });
});

describe("compareCells", () => {
  it("orders exact decimals as numbers and NULL last", () => {
    const cells = ["10.50", null, "9.25", "-3"];
    expect(cells.toSorted((left, right) => compareCells(left, right, true))).toEqual(["-3", "9.25", "10.50", null]);
  });

  it("orders large whole numbers that differ in their last digit", () => {
    expect(compareCells(9223372036854775806n, 9223372036854775807n, true)).toBe(-1);
  });
});
