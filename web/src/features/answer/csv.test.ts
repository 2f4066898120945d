import { create } from "@bufbuild/protobuf";
import { ColumnType } from "@candor/client/candor/catalog/v1/catalog_pb";
import { ResultColumnSchema } from "@candor/client/candor/validation/v1/validation_service_pb";
import { describe, expect, it } from "vitest";

import type { Rows } from "./columnar";
import { csvField, csvOf } from "./csv";

describe("csvField", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("x")'])(
    "leads the text %j by an apostrophe",
    (text) => {
      expect(csvField(text, false).replace(/^"/u, "").startsWith("'")).toBe(true);
    },
  );

  it("leaves negative numbers alone", () => {
    expect([csvField(-5n, true), csvField(-0.5, true), csvField("-12.50", true)]).toEqual(["-5", "-0.5", "-12.50"]);
  });

  it("does not take a formula in a number column for a number", () => {
    expect(csvField("-1+cmd|x", true)).toBe("'-1+cmd|x");
  });

  it("quotes commas, quotes and line ends", () => {
    expect(csvField('a "b", c', false)).toBe('"a ""b"", c"');
    expect(csvField("a\nb", false)).toBe('"a\nb"');
  });

  it("writes NULL as nothing", () => {
    expect(csvField(null, false)).toBe("");
  });
});

describe("csvOf", () => {
  it("writes the names, then the rows in the order they are shown, and escapes names too", () => {
    const rows: Rows = {
      columns: [
        create(ResultColumnSchema, { name: "=id", type: ColumnType.INTEGER }),
        create(ResultColumnSchema, { name: "city" }),
      ],
      count: 2,
      cell: (row, column) => (column === 0 ? BigInt(row) : (["Lyon", null][row] ?? null)),
    };
    expect(csvOf(rows, [1, 0])).toBe("'=id,city\r\n1,\r\n0,Lyon\r\n");
  });
});
