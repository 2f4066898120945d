// The editor's core and the SQL language, nothing else, with its worker from this origin.

import * as monaco from "monaco-editor/editor/editor.api.js";
import "monaco-editor/languages/definitions/sql/register.js";
import "monaco-editor/features/bracketMatching/register.js";
import "monaco-editor/features/find/register.js";
import "monaco-editor/features/hover/register.js";
import EditorWorker from "monaco-editor/editor/editor.worker.js?worker";

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

const LIGHT = [
  { token: "", foreground: "1c2722" },
  { token: "keyword", foreground: "14603f", fontStyle: "bold" },
  { token: "operator.sql", foreground: "14603f" },
  { token: "string.sql", foreground: "8a4b12" },
  { token: "number", foreground: "6d3f8c" },
  { token: "comment", foreground: "5c6862" },
  { token: "delimiter", foreground: "1c2722" },
  { token: "predefined.sql", foreground: "1f5a86" },
];

const DARK = [
  { token: "", foreground: "e4ebe7" },
  { token: "keyword", foreground: "7fd8ac", fontStyle: "bold" },
  { token: "operator.sql", foreground: "7fd8ac" },
  { token: "string.sql", foreground: "e8bb85" },
  { token: "number", foreground: "cfaee6" },
  { token: "comment", foreground: "9aa8a1" },
  { token: "delimiter", foreground: "e4ebe7" },
  { token: "predefined.sql", foreground: "9cc8ec" },
];

/** The colors of one theme: the page shows through, and brackets are as quiet as the rest. */
function colors(ink: string, quiet: string): Record<string, string> {
  return {
    "editor.background": "#00000000",
    "editorGutter.background": "#00000000",
    focusBorder: "#00000000",
    "editor.foreground": ink,
    "editorLineNumber.foreground": quiet,
    "editorLineNumber.activeForeground": quiet,
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((depth) => [`editorBracketHighlight.foreground${depth}`, ink])),
  };
}

monaco.editor.defineTheme("candor-light", {
  base: "vs",
  inherit: true,
  rules: LIGHT,
  colors: colors("#1c2722", "#68756e"),
});
monaco.editor.defineTheme("candor-dark", {
  base: "vs-dark",
  inherit: true,
  rules: DARK,
  colors: colors("#e4ebe7", "#8b9892"),
});

export { monaco };
