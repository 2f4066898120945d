// SQL to read: plain text at once, then the editor when it has been loaded.

import { useEffect, useRef, useState } from "react";

import { useTheme } from "./theme";

/** A place in the text and what there is to say about it. Lines and columns count from 1. */
export interface SqlMark {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
  readonly severe: boolean;
}

interface SqlViewProps {
  readonly sql: string;
  readonly marks?: readonly SqlMark[];
  readonly label: string;
}

type Monaco = typeof import("./monaco").monaco;
type Editor = ReturnType<Monaco["editor"]["create"]>;

const LINE_HEIGHT = 24;
const MOST_LINES = 26;
const NO_MARKS: readonly SqlMark[] = [];

function createEditor(monaco: Monaco, holder: HTMLElement, label: string): Editor {
  return monaco.editor.create(holder, {
    language: "sql",
    readOnly: true,
    domReadOnly: true,
    ariaLabel: label,
    tabFocusMode: true,
    automaticLayout: true,
    contextmenu: false,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    wordWrap: "on",
    lineHeight: LINE_HEIGHT,
    fontSize: 14,
    fontFamily: "JetBrains Mono Variable, ui-monospace, Menlo, monospace",
    fontLigatures: false,
    lineNumbersMinChars: 3,
    folding: false,
    guides: { indentation: false, bracketPairs: false },
    glyphMargin: false,
    renderLineHighlight: "none",
    renderValidationDecorations: "on",
    occurrencesHighlight: "off",
    overviewRulerLanes: 0,
    overviewRulerBorder: false,
    hideCursorInOverviewRuler: true,
    padding: { top: 14, bottom: 14 },
    scrollbar: { alwaysConsumeMouseWheel: false, verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
  });
}

/** A statement that can be read, selected and searched, not changed. */
export function SqlView({ sql, label, marks = NO_MARKS }: SqlViewProps) {
  const holder = useRef<HTMLDivElement>(null);
  const [loaded, setLoaded] = useState<{ monaco: Monaco; editor: Editor } | undefined>();
  const [height, setHeight] = useState(0);
  const theme = useTheme();

  useEffect(() => {
    let editor: Editor | undefined;
    let gone = false;
    // Where the editor cannot be loaded the plain text stays.
    void import("./monaco").then(
      ({ monaco }) => {
        if (gone || !holder.current) return;
        editor = createEditor(monaco, holder.current, label);
        editor.onDidContentSizeChange((size) => setHeight(Math.min(size.contentHeight, MOST_LINES * LINE_HEIGHT)));
        setLoaded({ monaco, editor });
      },
      () => undefined,
    );
    return () => {
      gone = true;
      editor?.getModel()?.dispose();
      editor?.dispose();
      setLoaded(undefined);
    };
  }, [label]);

  useEffect(() => loaded?.monaco.editor.setTheme(`candor-${theme}`), [loaded, theme]);

  useEffect(() => {
    if (!loaded) return;
    const model = loaded.editor.getModel();
    if (!model) return;
    if (model.getValue() !== sql) model.setValue(sql);
    const { MarkerSeverity } = loaded.monaco;
    loaded.monaco.editor.setModelMarkers(
      model,
      "candor",
      marks.map((mark) => ({
        startLineNumber: mark.line,
        startColumn: mark.column,
        endLineNumber: mark.endLine,
        endColumn: mark.endColumn,
        message: mark.message,
        severity: mark.severe ? MarkerSeverity.Error : MarkerSeverity.Warning,
      })),
    );
  }, [loaded, sql, marks]);

  return (
    <div role="group" aria-label={label} className="border-line bg-surface rounded-panel overflow-hidden border">
      <pre
        hidden={loaded !== undefined}
        className="text-[14px]/[24px] overflow-x-auto px-5 py-3.5 font-mono whitespace-pre-wrap"
      >
        {sql}
      </pre>
      <div ref={holder} style={{ height: loaded ? height : 0 }} />
    </div>
  );
}
