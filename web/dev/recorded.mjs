// Recorded answers for the development double: JSON of the contracts for a made-up tea merchant.

const column = (name, type, nativeType, more = {}) => ({ name, type: `COLUMN_TYPE_${type}`, nativeType, ...more });

export const catalog = {
  dialect: "postgres",
  tables: [
    {
      schema: "public",
      name: "customers",
      kind: "KIND_TABLE",
      comment: "Everyone who has ever bought, and some who only asked.",
      rowEstimate: "1200",
      columns: [
        column("customer_id", "INTEGER", "integer", { primaryKey: true, unique: true }),
        column("name", "TEXT", "text", { samples: ["Ada Okafor", "Jonas Weber", "Mei Tan"] }),
        column("city", "TEXT", "text", { nullable: true, samples: ["Lyon", "Ghent", "Porto", "Turku"] }),
        column("email", "TEXT", "text", { sensitive: true, comment: "Where the receipts go." }),
      ],
    },
    {
      schema: "public",
      name: "orders",
      kind: "KIND_TABLE",
      rowEstimate: "8400",
      columns: [
        column("order_id", "INTEGER", "bigint", { primaryKey: true, unique: true }),
        column("customer_id", "INTEGER", "integer"),
        column("ordered_on", "DATE", "date"),
        column("shipped_on", "DATE", "date", { nullable: true, comment: "Empty until the parcel has left." }),
        column("total", "NUMBER", "numeric(10,2)"),
      ],
    },
    {
      schema: "public",
      name: "products",
      kind: "KIND_TABLE",
      rowEstimate: "310",
      columns: [
        column("product_id", "INTEGER", "integer", { primaryKey: true, unique: true }),
        column("title", "TEXT", "text", { samples: ["First flush", "Gyokuro", "Lapsang"] }),
        column("unit_price", "NUMBER", "numeric(8,2)"),
      ],
    },
    {
      schema: "public",
      name: "order_totals",
      kind: "KIND_VIEW",
      rowEstimate: "-1",
      columns: [column("order_id", "INTEGER", "bigint"), column("sum", "NUMBER", "numeric")],
    },
  ],
  foreignKeys: [
    {
      table: "public.orders",
      columns: ["customer_id"],
      referredTable: "public.customers",
      referredColumns: ["customer_id"],
    },
  ],
};

const SQL = `SELECT
  c.city,
  COUNT(DISTINCT c.customer_id) AS customers,
  COUNT(o.order_id) AS orders,
  SUM(o.total) AS revenue,
  MAX(o.ordered_on) AS last_order
FROM public.customers AS c
JOIN public.orders AS o ON o.customer_id = c.customer_id
WHERE o.ordered_on >= DATE '2026-01-01'
GROUP BY c.city
ORDER BY revenue DESC NULLS LAST`;

const CITIES = ["Lyon", "Ghent", "Porto", "Turku", "Graz", "Leeds", "Bergen", "Bologna", "Cork", "Gdańsk"];
const COLUMNS = [
  { name: "city", type: "COLUMN_TYPE_TEXT", nativeType: "text" },
  { name: "customers", type: "COLUMN_TYPE_INTEGER", nativeType: "bigint" },
  { name: "orders", type: "COLUMN_TYPE_INTEGER", nativeType: "bigint" },
  { name: "revenue", type: "COLUMN_TYPE_NUMBER", nativeType: "numeric" },
  { name: "last_order", type: "COLUMN_TYPE_DATE", nativeType: "date" },
];

function batch(from, count) {
  const at = Array.from({ length: count }, (_, index) => from + index);
  return {
    rowCount: count,
    columns: [
      {
        texts: { items: at.map((row) => (row === 6 ? "" : `${CITIES[row % 10]}${row > 9 ? ` ${row}` : ""}`)) },
        nullRows: at.includes(6) ? [6 - from] : [],
      },
      { integers: { items: at.map((row) => String(420 - (row % 400))) } },
      { integers: { items: at.map((row) => String(2400 - row)) } },
      { texts: { items: at.map((row) => (98_412.5 - row * 41.25).toFixed(2)) } },
      { texts: { items: at.map((row) => `2026-0${1 + (row % 9)}-1${row % 10}`) } },
    ],
  };
}

function step(id, message, start, milliseconds, details = [], more = {}) {
  const startTime = start.toISOString();
  return [
    { step: { id, message, state: "STATE_STARTED", startTime, attempt: 1, ...more } },
    {
      step: {
        id,
        message,
        state: "STATE_COMPLETED",
        startTime,
        duration: `${milliseconds / 1000}s`,
        details,
        attempt: 1,
        ...more,
      },
    },
  ];
}

const ABSTAINED = {
  outcome: "OUTCOME_ABSTAINED",
  abstention: {
    reason: "NOTHING_UNDERSTOOD",
    message:
      "“unknown weather” is not in this data. Name a table or a column from the schema, or ask about customers, orders or products.",
    understood: [{ phrase: "customers", start: 9, end: 18, kind: "table", target: "public.customers", score: 0.98 }],
    unknown: ["unknown", "weather"],
  },
};

const READINGS = [
  { sql: "SELECT 1", confidence: 0.46, reading: "The number of orders per city in 2026", source: "built-in" },
  {
    sql: "SELECT 2",
    confidence: 0.41,
    reading: "The number of customers per city, with or without an order",
    source: "built-in",
  },
];

function answered(one) {
  return {
    outcome: "OUTCOME_ANSWERED",
    sql: one ? "SELECT COUNT(*) AS customers FROM public.customers" : SQL,
    explanation: one
      ? "There are 1,200 customers in all."
      : "For each city, the customers who ordered since January 2026, their orders, what they paid, and when they last ordered; the highest revenue first.",
    confidence: one ? 0.97 : 0.83,
    alternatives: one ? [] : READINGS,
    rowCount: one ? "1" : "1500",
    truncated: false,
    tables: one ? ["public.customers"] : ["public.customers", "public.orders"],
    columns: one ? [{ name: "customers", type: "COLUMN_TYPE_INTEGER" }] : COLUMNS,
    model: "built-in",
    schemaVersion: "a1b2c3d4e5f6a7b8",
  };
}

/** The events of a question, in the order in which they are sent. */
export function eventsOf(question, now) {
  const at = (milliseconds) => new Date(now.getTime() + milliseconds);
  const one = question.includes("one") || question.startsWith("How many customers");
  const begin = [
    ...step("understand", "Reading the question", at(0), 6, [
      "Language: English",
      "Kind: aggregate by group, since a date",
    ]),
    ...step("retrieve", "Finding the tables and values it is about", at(6), 48, [
      "customers, orders",
      "city, total, ordered_on",
      "Joined by orders.customer_id = customers.customer_id",
    ]),
  ];
  if (question.includes("unknown"))
    return [...begin, ...step("draft", "Drafting SQL", at(54), 21), { result: ABSTAINED }];
  if (question.includes("which"))
    return [
      ...begin,
      {
        result: {
          outcome: "OUTCOME_ASKED_BACK",
          alternatives: READINGS,
          explanation: "“Active” could mean two things in this data.",
        },
      },
    ];
  if (question.includes("break"))
    return [
      ...begin,
      {
        error: {
          code: 14,
          message: "The database “sample” did not answer within 5 s.",
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason: "DATA_SOURCE_UNREACHABLE",
              domain: "candor",
              metadata: { data_source: "sample" },
            },
          ],
        },
      },
    ];
  const repair = question.includes("repair")
    ? [
        {
          check: {
            candidate: 0,
            attempt: 1,
            allowed: false,
            sql: SQL.replace("c.city", "c.town"),
            findings: [
              {
                reason: "SQL_COLUMN_UNKNOWN",
                severity: "SEVERITY_ERROR",
                message: "customers has no column “town”.",
                suggestion: "city",
                span: { line: 2, column: 5, endLine: 2, endColumn: 9 },
              },
            ],
          },
        },
        ...step("repair", "Repairing the draft with what the check said", at(140), 33, ["town became city"], {
          attempt: 2,
        }),
      ]
    : [];
  const check = {
    candidate: 0,
    attempt: repair.length ? 2 : 1,
    allowed: true,
    sql: one ? "SELECT COUNT(*) AS customers FROM public.customers" : SQL,
    findings: repair.length
      ? [
          {
            reason: "SQL_COLUMN_AMBIGUOUS",
            severity: "SEVERITY_WARNING",
            message: "“city” is also in suppliers; customers was taken.",
            span: { line: 2, column: 3, endLine: 2, endColumn: 9 },
          },
        ]
      : [],
  };
  const rows = one
    ? [
        {
          rows: {
            columns: [{ name: "customers", type: "COLUMN_TYPE_INTEGER" }],
            batch: { rowCount: 1, columns: [{ integers: { items: ["1200"] } }] },
          },
        },
      ]
    : [{ rows: { columns: COLUMNS, batch: batch(0, 500) } }, { rows: { batch: batch(500, 1000) } }];
  return [
    ...begin,
    ...step("draft", "Drafting SQL with the built-in engine", at(54), 71, ["3 candidates, best at 83 %"]),
    ...repair,
    ...step("check", "Checking names, safety and plan", at(180), 39, [
      "Every name is in the schema",
      "Reads two tables, changes nothing",
    ]),
    { check },
    ...step("run", "Running it, read-only", at(219), 112, ["1,500 rows in 112 ms"]),
    ...rows,
    ...step("explain", "Saying in words what it asks", at(331), 4),
    { result: answered(one) },
  ];
}
