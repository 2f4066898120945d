// One of a few, shown as a list that opens.

import { Check, ChevronDown } from "lucide-react";
import { Select } from "radix-ui";
import type { ReactNode } from "react";

/** One thing that can be chosen. */
export interface Option {
  readonly value: string;
  readonly label: string;
  readonly note?: string;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly icon?: ReactNode;
  readonly placeholder?: string;
}

/** A list that opens; the label is spoken. */
export function Choice({ label, value, options, onChange, icon, placeholder }: ChoiceProps) {
  return (
    <Select.Root value={value} onValueChange={onChange}>
      <Select.Trigger
        aria-label={label}
        className="text-small hover:border-accent border-edge bg-surface rounded-control inline-flex min-h-9 max-w-full min-w-0 items-center gap-2 border px-3 font-medium transition-colors"
      >
        {icon}
        <span className="truncate">
          <Select.Value placeholder={placeholder} />
        </span>
        <ChevronDown aria-hidden className="text-muted size-4 shrink-0" />
      </Select.Trigger>
      <Select.Portal>
        <Select.Content
          position="popper"
          sideOffset={6}
          className="bg-surface border-line z-50 max-h-80 min-w-(--radix-select-trigger-width) overflow-hidden rounded-xl border shadow-xl"
        >
          <Select.Viewport className="p-1.5">
            {options.map((option) => (
              <Select.Item
                key={option.value}
                value={option.value}
                className="text-small data-highlighted:bg-wash rounded-control flex min-h-9 items-center gap-3 px-2.5 py-1.5 outline-none"
              >
                <span className="grid size-4 shrink-0 place-items-center">
                  <Select.ItemIndicator>
                    <Check aria-hidden className="text-accent size-4" />
                  </Select.ItemIndicator>
                </span>
                <Select.ItemText>{option.label}</Select.ItemText>
                {option.note ? <span className="text-fine text-muted ml-auto pl-4">{option.note}</span> : null}
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  );
}
