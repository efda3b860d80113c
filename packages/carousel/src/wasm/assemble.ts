/**
 * As much of a WebAssembly assembler as the kernels need (https://webassembly.github.io/spec/core/binary): code is
 * bytes, an expression leaves its value on the stack.
 */
export type Code = readonly number[]

/** Types of values. */
export const i32 = 0x7f
export const f32 = 0x7d
export const v128 = 0x7b

/** A local of a function, parameters among them. */
export interface Local {
  readonly index: number
  readonly get: Code
}

export interface FunctionBody {
  readonly name: string
  readonly parameters: readonly number[]
  readonly locals: readonly number[]
  readonly code: Code
}

const simd = (operator: number): Code => [0xfd, ...unsigned(operator)]

export const number = (value: number): Code => [0x41, ...signed(value)]
export const sum = (left: Code, right: Code): Code => [...left, ...right, 0x6a]
export const shiftLeft = (value: Code, bits: number): Code => [...value, ...number(bits), 0x74]
/** Zeros come in from the left. */
export const shiftRight = (value: Code, bits: number): Code => [...value, ...number(bits), 0x76]
/** Loads a byte, and 16 bits, as whole numbers from 0. */
export const loadByte = (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)]
export const loadShort = (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)]
export const storeByte = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0x3a,
  0,
  ...unsigned(offset),
]
export const product = (left: Code, right: Code): Code => [...left, ...right, 0x6c]
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local.index)]
export const advance = (local: Local, by: Code): Code => set(local, sum(local.get, by))
/** Loads four numbers at an address and a distance in bytes. */
export const load4 = (address: Code, offset = 0): Code => [...address, ...simd(0x00), 2, ...unsigned(offset)]
/** Loads one number, four times. */
export const load1 = (address: Code, offset = 0): Code => [...address, ...simd(0x09), 2, ...unsigned(offset)]
export const store4 = (address: Code, value: Code): Code => [...address, ...value, ...simd(0x0b), 2, 0]
export const spread = (value: Code): Code => [...value, ...simd(0x13)]
export const add4 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xe4)]
export const multiply4 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xe6)]
/** The greater of each pair. */
export const max4 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xeb)]

/** The same 16 bits, eight times. */
export const spreadShort = (value: Code): Code => [...value, ...simd(0x10)]
/** Products of eight signed numbers of 16 bits: of the first four, and of the last, in 32 bits each. */
export const productLow = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xbc)]
export const productHigh = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xbd)]
/** Of four signed numbers of 32 bits. */
export const shiftRight4 = (value: Code, bits: number): Code => [...value, ...number(bits), ...simd(0xac)]
export const sum4 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xae)]
/** Twice four numbers of 32 bits as eight of 16, from 0 to 65535. */
export const narrow = (low: Code, high: Code): Code => [...low, ...high, ...simd(0x86)]

/** Of sixteen bytes from 0 to 255 each, all bits where the left is greater, or smaller. */
export const greater16 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x28)]
export const smaller16 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x26)]
export const either = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x50)]
/** Stores a whole number of 32 bits. */
export const store = (address: Code, value: Code): Code => [...address, ...value, 0x36, 2, 0]

/** Runs the body `count` times, at least once, and ends early where a bit of `found` is set before it. */
export function repeatUntil(counter: Local, count: Code, found: Code, body: Code): Code {
  const leave = [...found, ...simd(0x53), 0x0d, 1]
  return [...set(counter, count), 0x02, 0x40, 0x03, 0x40, ...leave, ...body, ...next(counter), 0x0b, 0x0b]
}

/** Runs the body `count` times, at least once, counting the local down. */
export function repeat(counter: Local, count: Code, body: Code): Code {
  return [...set(counter, count), 0x03, 0x40, ...body, ...next(counter), 0x0b]
}

/** Counts down, and on to the beginning of the loop while more than nothing is left. */
function next(counter: Local): Code {
  return [...sum(counter.get, number(-1)), 0x22, ...unsigned(counter.index), 0x0d, 0]
}

export const local = (index: number): Local => ({ index, get: [0x20, ...unsigned(index)] })

/** The magic number and version 1. */
const header: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** A module that imports `env.memory` and exports the functions. */
export function assemble(functions: readonly FunctionBody[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...header,
    ...section(
      1,
      functions.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [type])), 0]),
    ),
    ...section(2, [[...text('env'), ...text('memory'), 2, 0, 1]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]),
    ),
    ...section(
      10,
      functions.map(({ locals, code }) => {
        const body = [...vector(locals.map((type) => [1, type])), ...code, 0x0b]
        return [...unsigned(body.length), ...body]
      }),
    ),
  ])
}

function section(id: number, entries: readonly Code[]): Code {
  const body = vector(entries)
  return [id, ...unsigned(body.length), ...body]
}

function vector(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()]
}

function text(value: string): Code {
  return [...unsigned(value.length), ...Buffer.from(value)]
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
}
