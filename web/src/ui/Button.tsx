// Buttons: one that leads, one that stands beside it, one that is only words, and one that is only a picture.

import type { ButtonHTMLAttributes, ReactNode } from "react";

const LOOKS = {
  lead: "bg-accent text-on-accent hover:bg-accent-strong px-4 font-semibold",
  plain: "border border-edge bg-surface text-ink hover:border-accent hover:text-accent px-3.5 font-medium",
  quiet: "text-muted hover:text-ink hover:bg-sunken px-2.5 font-medium",
} as const;

const SHARED =
  "inline-flex min-h-9 items-center justify-center gap-2 rounded-control text-small whitespace-nowrap transition-colors " +
  "disabled:cursor-not-allowed disabled:opacity-55";

/** How a button looks, for what is a link and acts like one. */
export function buttonClass(look: keyof typeof LOOKS): string {
  return `${SHARED} ${LOOKS[look]}`;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: keyof typeof LOOKS;
  readonly icon?: ReactNode;
}

/** A button with words, and a picture where it helps. */
export function Button({ look = "plain", icon, children, className = "", ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${buttonClass(look)} ${className}`} {...rest}>
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly label: string;
}

/** A button that is a picture; its label is spoken and shown as a tooltip. */
export function IconButton({ label, children, className = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`text-muted hover:text-ink hover:bg-sunken rounded-control inline-grid size-9 place-items-center transition-colors ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
