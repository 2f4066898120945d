// A labelled input with its help and what is wrong with it.

import { useId, type InputHTMLAttributes } from "react";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  readonly label: string;
  readonly help?: string;
  /** What is wrong with the value; empty when nothing is. */
  readonly problem?: string | undefined;
}

/** How inputs look. */
export const INPUT =
  "border-edge bg-surface rounded-control text-small block min-h-10 w-full border px-3 py-2 " +
  "placeholder:text-muted aria-invalid:border-danger";

/** An input with a label. */
export function Field({ label, help, problem, className = "", ...rest }: FieldProps) {
  const id = useId();
  const described = [problem ? `${id}-problem` : "", help ? `${id}-help` : ""].filter(Boolean).join(" ");
  return (
    <div className={className}>
      <label htmlFor={id} className="text-small mb-1.5 block font-medium">
        {label}
      </label>
      <input
        id={id}
        className={INPUT}
        aria-invalid={problem ? true : undefined}
        aria-describedby={described || undefined}
        {...rest}
      />
      {problem ? (
        <p id={`${id}-problem`} className="text-fine text-danger mt-1.5">
          {problem}
        </p>
      ) : null}
      {help ? (
        <p id={`${id}-help`} className="text-fine text-muted mt-1.5">
          {help}
        </p>
      ) : null}
    </div>
  );
}
