// What the checks had to say, with the place it is about.

import { Finding_Severity, type Finding } from "@candor/client/candor/validation/v1/validation_service_pb";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";

import type { SqlMark } from "@/ui/SqlView";

const LOOKS = {
  [Finding_Severity.UNSPECIFIED]: { word: "Note", look: "text-muted", Icon: Info },
  [Finding_Severity.INFO]: { word: "Note", look: "text-muted", Icon: Info },
  [Finding_Severity.WARNING]: { word: "Warning", look: "text-caution", Icon: TriangleAlert },
  [Finding_Severity.ERROR]: { word: "Error", look: "text-danger", Icon: CircleAlert },
} as const;

function placeOf(finding: Finding): string {
  const span = finding.span;
  return span && span.line > 0 ? `line ${span.line}, column ${span.column}` : "";
}

/** Objections as marks in the text they are about; notes, and those without a place, have none. */
export function marksOf(findings: readonly Finding[]): SqlMark[] {
  return findings.flatMap(({ span, message, severity }) =>
    span && span.line > 0 && severity !== Finding_Severity.INFO
      ? [
          {
            line: span.line,
            column: span.column,
            endLine: Math.max(span.endLine, span.line),
            endColumn: Math.max(span.endColumn, span.column + 1),
            message,
            severe: severity === Finding_Severity.ERROR,
          },
        ]
      : [],
  );
}

/** A list of findings. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ul className="space-y-2">
      {findings.map((finding, at) => {
        const { word, look, Icon } = LOOKS[finding.severity];
        const place = placeOf(finding);
        return (
          <li key={at} className="text-small flex gap-2.5">
            <Icon aria-hidden className={`mt-[3px] size-4 shrink-0 ${look}`} />
            <span className="min-w-0">
              <span className={`font-semibold ${look}`}>{word}: </span>
              {finding.message}
              {finding.suggestion ? (
                <>
                  {" "}
                  Did you mean <code className="font-mono">{finding.suggestion}</code>?
                </>
              ) : null}
              <span className="text-fine text-muted block">
                {place ? `${place} · ` : ""}
                <span className="font-mono">{finding.reason}</span>
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
