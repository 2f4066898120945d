// Where a question is written.

import { ArrowUp } from "lucide-react";
import { useId, type KeyboardEvent, type ReactNode } from "react";

import { Button } from "@/ui/Button";

interface QuestionBoxProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onAsk: () => void;
  readonly busy: boolean;
  /** Why nothing can be asked now; empty when it can. */
  readonly blocked: string;
  /** The choice of data source. */
  readonly source: ReactNode;
  /** Whether the page shows an answer, so that the box steps back. */
  readonly compact: boolean;
}

/** As in the contract. */
const MOST_CHARACTERS = 10_000;

/** A box for a question. Enter asks, Shift+Enter starts a new line. */
export function QuestionBox({ value, onChange, onAsk, busy, blocked, source, compact }: QuestionBoxProps) {
  const id = useId();
  const ready = value.trim() !== "" && !busy && blocked === "";
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (ready) onAsk();
  };
  return (
    <form
      className="border-edge bg-surface focus-within:border-accent focus-within:outline-accent rounded-2xl border shadow-[0_1px_2px_oklch(0_0_0/0.05)] outline-2 -outline-offset-1 outline-transparent"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onAsk();
      }}
    >
      <label htmlFor={id} className="sr-only">
        Your question
      </label>
      <textarea
        id={id}
        value={value}
        rows={compact ? 1 : 2}
        maxLength={MOST_CHARACTERS}
        autoFocus={!compact}
        aria-describedby={`${id}-keys`}
        placeholder="Ask in your own words"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        className={`text-lead placeholder:text-muted field-sizing-content block max-h-80 w-full resize-none bg-transparent px-5 pt-4 pb-2 outline-none ${compact ? "min-h-14" : "min-h-20"}`}
      />
      <div className="flex items-center justify-between gap-2 px-3 pb-3">
        <div className="flex min-w-0 items-center gap-1">{source}</div>
        <div className="ml-auto flex items-center gap-3">
          <span id={`${id}-keys`} className="text-fine text-muted hidden md:inline">
            {blocked || "Enter asks, Shift + Enter adds a line"}
          </span>
          <Button type="submit" look="lead" disabled={!ready} icon={<ArrowUp aria-hidden className="size-4" />}>
            {busy ? "Asking…" : "Ask"}
          </Button>
        </div>
      </div>
    </form>
  );
}
