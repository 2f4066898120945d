// Words of the question that matched nothing: said wherever there are any, whatever came of the question.

/** The words, each by itself. */
export function Words({ words }: { readonly words: readonly string[] }) {
  return (
    <ul className="flex flex-wrap gap-2">
      {words.map((word) => (
        <li key={word} className="bg-caution-wash text-caution rounded-control text-small px-2.5 py-0.5 font-medium">
          {word}
        </li>
      ))}
    </ul>
  );
}

/** A line that owns up to what was not understood; nothing where everything was. */
export function Unmatched({ words }: { readonly words: readonly string[] }) {
  if (words.length === 0) return null;
  return (
    <div className="text-small flex flex-wrap items-center gap-x-3 gap-y-2">
      <span className="text-caution font-medium">Not found in the data:</span>
      <Words words={words} />
    </div>
  );
}
