// The form that adds a data source.

import { RadioGroup } from "radix-ui";
import { useState, type SubmitEvent } from "react";

import { failureOf } from "@/api/failure";
import { idFromTitle } from "@/api/names";
import { errorInWords } from "@/api/words";
import { Button } from "@/ui/Button";
import { Choice } from "@/ui/Choice";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Problem } from "@/ui/Problem";

import {
  connectionOf,
  EMPTY,
  ENGINES,
  problemsFrom,
  problemsOf,
  TLS_MODES,
  type Engine,
  type Problems,
  type Values,
} from "./form";
import { useAddDataSource, type NewDataSource } from "./useDataSources";

interface PartProps {
  readonly values: Values;
  readonly problems: Problems;
  readonly change: (part: Partial<Values>) => void;
}

function Engines({ values, change }: PartProps) {
  return (
    <RadioGroup.Root
      aria-label="Kind of database"
      value={values.engine}
      onValueChange={(engine) => change({ engine: engine as Engine })}
      className="bg-sunken rounded-panel grid grid-cols-3 gap-1 p-1"
    >
      {ENGINES.map(({ value, label }) => (
        <RadioGroup.Item
          key={value}
          value={value}
          className="text-small text-muted data-[state=checked]:bg-surface data-[state=checked]:text-ink rounded-control min-h-9 px-2 font-medium data-[state=checked]:shadow-sm"
        >
          {label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

function FileFields({ values, problems, change }: PartProps) {
  return (
    <Field
      label="Path"
      value={values.path}
      problem={problems.path}
      onChange={(event) => change({ path: event.target.value })}
      placeholder={values.engine === "sqlite" ? "/data/shop.sqlite" : "/data/shop.duckdb"}
      help="On the machine where Candor runs. It is opened for reading alone."
      spellCheck={false}
      autoComplete="off"
    />
  );
}

function ServerFields({ values, problems, change }: PartProps) {
  const text = (field: keyof Values) => ({
    value: values[field],
    problem: problems[field],
    onChange: (event: { target: { value: string } }) => change({ [field]: event.target.value }),
    spellCheck: false,
    autoComplete: "off",
  });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-[1fr_7rem]">
        <Field label="Host" placeholder="db.example.com" {...text("host")} />
        <Field label="Port" inputMode="numeric" {...text("port")} />
      </div>
      <Field label="Database" {...text("database")} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="User" help="One that may only read is best." {...text("user")} />
        <Field
          label="Password"
          type="password"
          help="Sealed at once, never shown again."
          {...text("password")}
          autoComplete="new-password"
        />
      </div>
      <div>
        <p className="text-small mb-1.5 font-medium">Encryption</p>
        <Choice
          label="Encryption"
          value={values.tlsMode}
          options={TLS_MODES}
          onChange={(tlsMode) => change({ tlsMode })}
        />
      </div>
      <Field label="Schemas" help="Separated by commas. All of them when empty." {...text("schemas")} />
    </>
  );
}

interface AddSourceProps {
  readonly organization: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onAdded: (name: string) => void;
}

function Form({
  organization,
  onAdded,
  onCancel,
}: {
  readonly organization: string;
  readonly onAdded: (name: string) => void;
  readonly onCancel: () => void;
}) {
  const [values, setValues] = useState(EMPTY);
  const [checked, setChecked] = useState(false);
  const [sent, setSent] = useState<NewDataSource | undefined>();
  const add = useAddDataSource(organization, onAdded);

  const own = problemsOf(values);
  const refused = add.error ? problemsFrom(failureOf(add.error).fields) : {};
  const problems: Problems = checked ? { ...refused, ...own } : {};
  const part: PartProps = {
    values,
    problems,
    change: (changed) => {
      setValues({ ...values, ...changed });
      setSent(undefined);
      add.reset();
    },
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(own).length > 0 || add.isPending) return;
    const source = sent ?? {
      id: idFromTitle(values.title),
      title: values.title.trim(),
      connection: connectionOf(values),
    };
    setSent(source);
    add.mutate(source);
  };

  return (
    <form onSubmit={submit} className="space-y-5" noValidate>
      <Engines {...part} />
      <Field
        label="Name"
        value={values.title}
        problem={problems.title}
        onChange={(event) => part.change({ title: event.target.value })}
        placeholder="Sales"
        autoComplete="off"
      />
      {values.engine === "postgres" ? <ServerFields {...part} /> : <FileFields {...part} />}
      {add.error ? <Problem {...errorInWords(add.error)} /> : null}
      <div className="flex justify-end gap-2 pt-2">
        <Button look="quiet" onClick={onCancel}>
          Back
        </Button>
        <Button type="submit" look="lead" disabled={add.isPending}>
          {add.isPending ? "Connecting and reading the schema…" : "Add data source"}
        </Button>
      </div>
    </form>
  );
}

/** The dialog that adds a data source. */
export function AddSource({ organization, open, onOpenChange, onAdded }: AddSourceProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Add a data source"
      description="Candor connects once to see that it works. It only ever reads."
    >
      <Form organization={organization} onAdded={onAdded} onCancel={() => onOpenChange(false)} />
    </Dialog>
  );
}
