// How sure the answer is, in words and as a number.

import { percentText } from "@/ui/format";

const WORDS: readonly { readonly from: number; readonly word: string; readonly advice: string }[] = [
  { from: 0.9, word: "Very likely right", advice: "" },
  { from: 0.75, word: "Probably right", advice: "A look at the explanation is enough." },
  { from: 0.5, word: "Uncertain", advice: "Read the explanation and the SQL before you rely on it." },
  { from: 0, word: "Doubtful", advice: "Take it as a draft: check the SQL, or ask more precisely." },
];

/** A belief from 0 to 1 in words. */
export function confidenceWords(confidence: number): { readonly word: string; readonly advice: string } {
  const found = WORDS.find(({ from }) => confidence >= from);
  return { word: found?.word ?? "Doubtful", advice: found?.advice ?? "" };
}

/** The confidence line of an answer. */
export function Confidence({ value }: { readonly value: number }) {
  const { word, advice } = confidenceWords(value);
  return (
    <p className="text-small flex flex-wrap items-center gap-x-3 gap-y-1">
      <span aria-hidden className="bg-line inline-block h-1.5 w-20 overflow-hidden rounded-full">
        <span className="bg-accent block h-full rounded-full" style={{ width: `${value * 100}%` }} />
      </span>
      <span className="font-semibold">
        {word}, <span className="figures">{percentText(value)}</span>
      </span>
      {advice ? <span className="text-muted">{advice}</span> : null}
    </p>
  );
}
