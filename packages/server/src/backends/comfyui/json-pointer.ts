/** The parts of a JSON pointer (RFC 6901), unescaped; `undefined` for what is none. */
function partsOf(pointer: string): string[] | undefined {
  if (!pointer.startsWith('/') || /~(?![01])/u.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Whether a text is a JSON pointer to a part of a document. */
export function isPointer(text: string): boolean {
  return partsOf(text) !== undefined
}

function memberOf(value: unknown, part: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    ? (value as Record<string, unknown>)[part]
    : undefined
}

/** What stands at the pointer; `undefined` where nothing does. */
export function valueAt(document: unknown, pointer: string): unknown {
  return partsOf(pointer)?.reduce(memberOf, document)
}

/** Writes over what stands at the pointer. Nothing is created: a pointer to nothing changes nothing. */
export function setValueAt(document: unknown, pointer: string, value: unknown): void {
  const parts = partsOf(pointer)
  const last = parts?.pop()
  if (parts === undefined || last === undefined) return
  const parent = parts.reduce(memberOf, document)
  if (memberOf(parent, last) !== undefined) (parent as Record<string, unknown>)[last] = value
}
