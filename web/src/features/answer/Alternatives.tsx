// What else the question could mean. Choosing one asks its SQL: its words could be read in yet another way.

import type { Candidate } from "@candor/client/candor/modelhub/v1/modelhub_service_pb";
import { ArrowRight } from "lucide-react";

import { percentText } from "@/ui/format";

interface AlternativesProps {
  readonly alternatives: readonly Candidate[];
  readonly onAsk: (question: string) => void;
  readonly busy: boolean;
}

/** The other readings as buttons. One without words cannot be asked and is left out. */
export function Alternatives({ alternatives, onAsk, busy }: AlternativesProps) {
  return (
    <ul className="divide-line border-line divide-y border-y">
      {alternatives
        .filter((alternative) => alternative.reading)
        .map((alternative) => (
          <li key={alternative.sql}>
            <button
              type="button"
              disabled={busy}
              onClick={() => onAsk(alternative.sql)}
              className="group hover:text-accent flex min-h-11 w-full items-center gap-4 py-2.5 text-left transition-colors disabled:opacity-55"
            >
              <ArrowRight aria-hidden className="text-muted group-hover:text-accent size-4 shrink-0" />
              <span className="min-w-0 flex-1">{alternative.reading}</span>
              <span className="text-fine text-muted figures shrink-0">{percentText(alternative.confidence)}</span>
            </button>
          </li>
        ))}
    </ul>
  );
}
