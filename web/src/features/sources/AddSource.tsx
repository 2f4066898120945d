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

import { ENGINES, fieldsOf, type Engine, type FieldOf } from "./engines";
import { connectionOf, EMPTY, problemsFrom, problemsOf, TLS_MODES, type Problems, type Values } from "./form";
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
      className="bg-sunken rounded-panel grid grid-cols-2 gap-1 p-1 sm:grid-cols-4"
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

/** The fields that the chosen kind of database is asked for, two on a line where they belong together. */
function Fields({ values, problems, change }: PartProps) {
  const lines: FieldOf[][] = [];
  for (const field of fieldsOf(values.engine)) {
    if (field.beside) lines.at(-1)?.push(field);
    else lines.push([field]);
  }
  return lines.map((line) => (
    <div key={line[0]?.field} className={line.length > 1 ? "grid gap-4 sm:grid-cols-2" : ""}>
      {line.map(({ field, label, help, placeholder, type }) =>
        field === "tlsMode" ? (
          <div key={field}>
            <p className="text-small mb-1.5 font-medium">{label}</p>
            <Choice
              label={label}
              value={values.tlsMode}
              options={TLS_MODES}
              onChange={(tlsMode) => change({ tlsMode })}
            />
          </div>
        ) : (
          <Field
            key={field}
            label={label}
            {...(help ? { help } : {})}
            placeholder={placeholder}
            type={type ?? "text"}
            value={values[field]}
            problem={problems[field]}
            onChange={(event) => change({ [field]: event.target.value })}
            spellCheck={false}
            autoComplete={type === "password" ? "new-password" : "off"}
          />
        ),
      )}
    </div>
  ));
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
      <Fields {...part} />
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
