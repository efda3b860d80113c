const { readFileSync } = require('node:fs')
const { stripTypeScriptTypes } = require('node:module')

// Compiles TypeScript as ts-node does: lines move, no map is registered with Node, and the service is on the process.
const compile = (code, sourceUrl) =>
  stripTypeScriptTypes(code, { mode: 'transform', sourceMap: true, sourceUrl })
process[Symbol.for('ts-node.register.instance')] = { compile }
require.extensions['.ts'] = (module, file) => module._compile(compile(readFileSync(file, 'utf8'), file), file)
require('./common.ts')
