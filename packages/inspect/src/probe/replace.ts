/** A function of whatever shape, as it stands on an object of Node. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Undoes what was replaced. */
export type Restore = () => void

/**
 * Puts a wrapper in the place of a method. It keeps the name, the length, and what else hangs on the original
 * (`util.promisify.custom`), and the attributes of the property.
 */
export function replace(target: object, name: string, wrap: (original: AnyFunction) => AnyFunction): Restore {
  const descriptor = Object.getOwnPropertyDescriptor(target, name)
  const original = Reflect.get(target, name) as unknown
  if (typeof original !== 'function') return () => undefined
  try {
    const wrapper = wrap(original as AnyFunction)
    for (const [key, property] of ownProperties(original)) Reflect.defineProperty(wrapper, key, property)
    Object.defineProperty(target, name, {
      value: wrapper,
      writable: true,
      configurable: true,
      enumerable: descriptor?.enumerable ?? true,
    })
    return () => {
      // Somebody has wrapped the wrapper: taking it out would take theirs out too.
      if (Reflect.get(target, name) !== wrapper) return
      if (descriptor === undefined) Reflect.deleteProperty(target, name)
      else Object.defineProperty(target, name, descriptor)
    }
  } catch {
    return () => undefined
  }
}

function ownProperties(source: object): [PropertyKey, PropertyDescriptor][] {
  const keys = Reflect.ownKeys(source).filter((key) => key !== 'prototype')
  return keys.map((key) => [key, Object.getOwnPropertyDescriptor(source, key) as PropertyDescriptor])
}
