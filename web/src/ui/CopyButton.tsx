// Copies a text, and says whether it worked.

import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "./Button";

/** Copies through a selection: the one way where the page is not in a secure context. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else works over plain HTTP
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(text: string): Promise<boolean> {
  if (!window.isSecureContext) return copyBySelection(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

const SHOWN_MS = 2_000;

interface CopyButtonProps {
  readonly label: string;
  /** Made only when it is copied. */
  readonly text: () => string;
}

/** A button that copies. */
export function CopyButton({ label, text }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | undefined>();
  useEffect(() => {
    if (!outcome) return;
    const timer = window.setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [outcome]);
  const Icon = outcome === "copied" ? Check : outcome === "failed" ? X : Copy;
  return (
    <>
      <Button
        look="quiet"
        icon={<Icon aria-hidden className="size-4" />}
        onClick={() => void copy(text()).then((done) => setOutcome(done ? "copied" : "failed"))}
      >
        {label}
      </Button>
      <span role="status" className="sr-only">
        {outcome === "copied" ? "Copied" : outcome === "failed" ? "It could not be copied" : ""}
      </span>
    </>
  );
}
