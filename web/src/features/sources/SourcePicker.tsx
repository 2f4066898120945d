// The choice of data source, and the way to add one.

import { Database, Plus } from "lucide-react";
import { useState } from "react";
import type { DataSource } from "@candor/client/candor/validation/v1/validation_service_pb";

import { Button } from "@/ui/Button";
import { Choice } from "@/ui/Choice";

import { AddSource } from "./AddSource";
import { titleOf } from "./useDataSources";

interface SourcePickerProps {
  readonly organization: string;
  readonly sources: readonly DataSource[];
  /** The chosen data source's name; empty when none is. */
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** Chooses a data source or adds one. */
export function SourcePicker({ organization, sources, value, onChange }: SourcePickerProps) {
  const [adding, setAdding] = useState(false);
  return (
    <>
      {sources.length > 0 ? (
        <Choice
          label="Data source"
          value={value}
          onChange={onChange}
          placeholder="Choose a data source"
          icon={<Database aria-hidden className="text-accent size-4 shrink-0" />}
          options={sources.map((source) => ({ value: source.name, label: titleOf(source), note: source.dialect }))}
        />
      ) : null}
      <Button
        look="quiet"
        aria-label="Add data source"
        icon={<Plus aria-hidden className="size-4" />}
        onClick={() => setAdding(true)}
      >
        <span className="hidden sm:inline">Add data source</span>
      </Button>
      <AddSource
        organization={organization}
        open={adding}
        onOpenChange={setAdding}
        onAdded={(name) => {
          setAdding(false);
          onChange(name);
        }}
      />
    </>
  );
}
