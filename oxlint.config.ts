import { defineConfig } from 'oxlint'

/** Files that are run by vitest, and what helps them. */
const testFiles = ['**/*.test.ts', '**/*.contract.ts', '**/testing/**', 'test/**', 'bench/**']

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node', 'vitest'],
  jsPlugins: ['./scripts/oxlint-plugin-layers.ts', './scripts/oxlint-plugin-once.ts'],
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  categories: { correctness: 'error', suspicious: 'error' },
  // The kernel is AssemblyScript: TypeScript to look at, and another language.
  ignorePatterns: ['**/dist/**', '**/coverage/**', 'packages/client/kernel/**'],
  rules: {
    // Ours: who may import whom, and the one in-process single-flight.
    'layers/may-import': 'error',
    'once/no-second-single-flight': 'error',
    'import/no-cycle': 'error',

    // Stricter than the two categories.
    'eslint/eqeqeq': 'error',
    'eslint/max-lines': ['error', { max: 300 }],
    'eslint/no-console': 'error',
    'import/no-default-export': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],

    // What they get wrong here.
    // Narrowing rows, errors and JSON by `as` after a check is what `as` is for.
    'typescript/no-unsafe-type-assertion': 'off',
    // Our objects are closures over their state; their methods need no `this`.
    'typescript/unbound-method': 'off',
    // `fc.assert`, `z.string`: how fast-check and zod are written.
    'import/no-named-as-default-member': 'off',
    // Written out where the two sides of a column would otherwise have to be looked up.
    'typescript/no-unnecessary-type-arguments': 'off',
    // A helper may stand beside its only use.
    'unicorn/consistent-function-scoping': 'off',
    // `then` is used only where a promise is meant not to be awaited.
    'promise/always-return': 'off',
    // Suites skip with a reason, look at outcomes that differ by race, and build titles from tables.
    'vitest/no-disabled-tests': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-conditional-tests': 'off',
    'vitest/valid-title': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // It does not see that another function ends the loop.
    'eslint/no-unmodified-loop-condition': 'off',
    'vitest/expect-expect': [
      'error',
      { assertFunctionNames: ['expect', 'expect*', 'assert*', 'fc.assert', 'run'] },
    ],
  },
  overrides: [
    { files: testFiles, rules: { 'eslint/max-lines': 'off', 'eslint/no-console': 'off' } },
    { files: ['scripts/**', 'packages/server/src/cli/**'], rules: { 'eslint/no-console': 'off' } },
    // Made from the OpenAPI document.
    { files: ['packages/client/src/api/schema.ts'], rules: { 'eslint/max-lines': 'off' } },
    // Tools that load these by their default export.
    {
      files: ['*.config.ts', 'scripts/oxlint-plugin-*', 'test/closing-line-reporter.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
    // Styles are imported for what they do to the page.
    {
      files: ['packages/dashboard/src/page/**'],
      rules: { 'import/no-unassigned-import': ['error', { allow: ['**/*.css'] }] },
    },
    // A canvas has a `fill` too.
    {
      files: ['packages/server/src/backends/sketch/**'],
      rules: { 'unicorn/no-array-fill-with-reference-type': 'off' },
    },
    // Pixels, grids and simulated workers are indexed by the loops that run over them: they are always there.
    {
      files: ['packages/carousel/src/analyse/**', 'packages/carousel/src/render/**', 'bench/warm-pool/**'],
      rules: { 'typescript/no-non-null-assertion': 'off' },
    },
    // Where single-flights are made, and the browser client, which is too small to carry them.
    { files: ['packages/once/**', 'packages/client/**'], rules: { 'once/no-second-single-flight': 'off' } },
  ],
})
