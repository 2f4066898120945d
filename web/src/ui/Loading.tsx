// Something is on its way.

import { LoaderCircle } from "lucide-react";

/** A quiet line that says what is awaited. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p role="status" className="text-muted text-small flex items-center gap-2.5 py-6">
      <LoaderCircle aria-hidden className="size-4 animate-spin" />
      {what}
    </p>
  );
}
