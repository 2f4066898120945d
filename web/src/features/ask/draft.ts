// The question being written, kept so that a reload never loses it, and the data source it is for.

import { useCallback, useState } from "react";

import { keep, kept } from "@/ui/storage";

/** A text that is kept in this browser, as state. */
export function useKept(key: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => kept(key));
  const change = useCallback(
    (next: string) => {
      setText(next);
      keep(key, next);
    },
    [key],
  );
  return [text, change];
}

/** Where the draft question is kept. */
export const DRAFT = "candor.draft";

/** Where the chosen data source is kept. */
export const SOURCE = "candor.source";
