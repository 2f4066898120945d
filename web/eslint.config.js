import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const features = ["session", "ask", "answer", "sources", "schema", "history"];

/** Refuses imports that point against the direction app -> features -> ui, api. */
function closed(files, patterns, message) {
  return {
    files,
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: patterns, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    ...reactHooks.configs.flat.recommended,
    // The grid's virtualizer is known to be skipped by the React compiler, which is not used here.
    rules: { ...reactHooks.configs.flat.recommended.rules, "react-hooks/incompatible-library": "off" },
  },
  { files: ["src/**/*.tsx"], rules: { "max-lines": ["error", 250] } },
  { files: ["dev/**/*.mjs", "public/**/*.js"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  closed(["src/ui/**"], ["@/app/*", "@/features/*", "@/api/*", "../*"], "ui knows nothing of the product."),
  closed(["src/api/**"], ["@/app/*", "@/features/*", "@/ui/*", "../*"], "api knows nothing of the page."),
  ...features.map((feature) =>
    closed(
      [`src/features/${feature}/**`],
      ["@/app/*", ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`), "../*"],
      "A feature uses ui and api; app puts features together.",
    ),
  ),
);
