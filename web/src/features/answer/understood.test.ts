import { create } from "@bufbuild/protobuf";
import { LinkSchema } from "@candor/client/candor/modelhub/v1/modelhub_service_pb";
import { describe, expect, it } from "vitest";

import { stretchesOf } from "./understood";

const link = (start: number, end: number, target: string) => create(LinkSchema, { start, end, target });

describe("stretchesOf", () => {
  it("loses no character, whatever the links say", () => {
    const question = "Which 🫖 teas sold in Gdańsk?";
    const links = [
      link(6, 7, "a"),
      link(6, 12, "overlaps"),
      link(21, 27, "city"),
      link(90, 99, "outside"),
      link(5, 5, "empty"),
    ];
    expect(
      stretchesOf(question, links, ["sold", "absent", ""])
        .map(({ text }) => text)
        .join(""),
    ).toBe(question);
  });

  it("counts places in characters, as the platform does", () => {
    const found = stretchesOf("🫖🫖 teas in Lyon", [link(11, 15, "city")], []).find(
      ({ kind }) => kind === "understood",
    );
    expect(found?.text).toBe("Lyon");
  });

  it("marks a word that matched nothing, in any case", () => {
    expect(
      stretchesOf("The Weather today", [], ["weather"])
        .filter(({ kind }) => kind === "unknown")
        .map(({ text }) => text),
    ).toEqual(["Weather"]);
  });
});
