/** The few fields of an ESTree type node that are used here. */
interface TypeNode {
  type: string
  typeName?: { type: string; name?: string }
  callee?: { type: string; name?: string }
  expression?: { type: string; name?: string }
  typeArguments?: { params: TypeNode[] } | null
  typeAnnotation?: TypeNode | null
  types?: TypeNode[]
}

interface RuleContext {
  report(problem: { node: TypeNode; message: string }): void
}

/** What maps a key to a value, the value's type being the second argument. */
const maps: ReadonlySet<string> = new Set(['Map', 'ReadonlyMap', 'WeakMap', 'Record'])

const message =
  'A table of promises is a second single-flight, and forgets what the first has learned: callers that leave, ' +
  'errors that must not be kept, counting. Use createFlights or createMemo of @darkroom/once.'

/** A promise, or one of several types that the value may have; not a function that returns one. */
function isPromise(node: TypeNode | null | undefined): boolean {
  if (node === null || node === undefined) return false
  if (node.type === 'TSTypeReference') {
    return node.typeName?.name === 'Promise' || node.typeName?.name === 'PromiseLike'
  }
  if (node.type === 'TSUnionType' || node.type === 'TSIntersectionType')
    return (node.types ?? []).some(isPromise)
  return node.type === 'TSParenthesizedType' && isPromise(node.typeAnnotation)
}

function createVisitor(context: RuleContext): Record<string, (node: TypeNode) => void> {
  const check = (node: TypeNode): void => {
    const name = (node.typeName ?? node.callee ?? node.expression)?.name
    if (name === undefined || !maps.has(name)) return
    if (isPromise(node.typeArguments?.params[1])) context.report({ node, message })
  }
  return {
    TSTypeReference: check,
    NewExpression: check,
    TSInterfaceHeritage: check,
    // `{ [key: string]: Promise<T> }`, whose annotation is wrapped once more.
    TSIndexSignature: (node) => {
      if (isPromise(node.typeAnnotation?.typeAnnotation)) context.report({ node, message })
    },
  }
}

/**
 * Rule `once/no-second-single-flight`: every in-process single-flight is that of `@darkroom/once`, so a map from keys
 * to promises is refused. It sees types that are written, not those that are inferred. oxlint wants a default export.
 */
export default {
  meta: { name: 'once' },
  rules: {
    'no-second-single-flight': {
      meta: { type: 'problem', docs: { description: 'share runs by @darkroom/once only' } },
      create: createVisitor,
    },
  },
}
