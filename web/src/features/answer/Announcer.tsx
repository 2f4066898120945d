// Says the progress to those who listen, not more often than it can be followed.

import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 900;

/** A polite live region: of words that change quickly, the last is said. */
export function Announcer({ words }: { readonly words: string }) {
  const [said, setSaid] = useState("");
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + PAUSE_MS - performance.now());
    const timer = window.setTimeout(() => {
      last.current = performance.now();
      setSaid(words);
    }, wait);
    return () => window.clearTimeout(timer);
  }, [words]);
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
