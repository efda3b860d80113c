/**
 * What a probe writes, one JSON object a line. Times are milliseconds since 1970 with fractions, so that those of
 * several processes compare. Nothing here holds a body, a header, or a secret of a URL.
 */
export type ProbeEvent =
  | ProcessEvent
  | StackEvent
  | OperationEvent
  | FanOutEvent
  | SettledEvent
  | BlockEvent
  | ChildEvent
  | OverflowEvent

/** One thread of one process has begun. */
export interface ProcessEvent {
  type: 'process'
  pid: number
  parentPid: number
  /** 0 is the main thread. */
  thread: number
  at: number
  node: string
  /** File name of the script, without its arguments. */
  script: string
  /** Threads of libuv's pool. */
  poolSize: number
}

/** One line of a call stack. A line with `joins` is the fan-out that awaited, and has no file. */
export interface Frame {
  /** Empty where the function has no name. */
  name: string
  /** Absolute path or URL; empty for `joins`. */
  file: string
  line: number
  column: number
  /** `all`, `allSettled`, `any` or `race`. */
  joins?: string
}

/** Innermost first; each is written once and then referred to by its number. */
export interface StackEvent {
  type: 'stack'
  id: number
  frames: Frame[]
}

/** What kinds of work are seen. */
export type OperationKind = 'fetch' | 'read' | 'write' | 'decode' | 'dns' | 'process' | 'pool'

/** One piece of work, written when it has ended. */
export interface OperationEvent {
  type: 'operation'
  id: number
  kind: OperationKind
  start: number
  end: number
  /** Number of a stack, or 0. */
  stack: number
  /** The places in the fan-outs of the stack's `joins`, innermost first. */
  branches: number[]
  /** Operations of one number were begun in one synchronous run. */
  tick: number
  /** Who is behind it: a server's request, a firing of a timer; empty for the program itself. */
  root: string
  /** Identity of the resource: a hash that tells nothing of it. */
  key: string
  /** The resource as it may be printed. */
  resource: string
  /** It came to its end and all of it is there. */
  complete: boolean
  bytes: number
  /** Of the content; empty where it is not known. */
  hash: string
  http?: HttpDetail
  /** A write that adds to what is there, or puts another file in its place at once. */
  mode?: 'append' | 'replace' | 'overwrite'
  /** Ended fetches just before this one of whose answers nothing stands in this request. */
  independentOf?: number[]
}

/** What is told of an HTTP exchange. */
export interface HttpDetail {
  method: string
  origin: string
  status: number
  /** From asking to the first byte sent: waiting for a connection. */
  queuedMs: number
  /** From asking to the headers of the answer. */
  firstByteMs: number
  /** Of the headers on which the answer may depend. */
  headersKey: string
  retryAfter: boolean
  /** A parameter of the URL says that another answer is wanted: `?t=1700000000`. */
  busted: boolean
}

/** `Promise.all` or one of its kin was called. */
export interface FanOutEvent {
  type: 'fanOut'
  id: number
  joins: string
  branches: number
  start: number
  stack: number
  outer: number[]
  tick: number
  root: string
}

/** A fan-out was found to have settled, at most a beat of the event loop after it had. */
export interface SettledEvent {
  type: 'settled'
  fanOut: number
  end: number
}

/** The event loop did not turn. */
export interface BlockEvent {
  type: 'block'
  start: number
  end: number
}

/** A child process or a worker thread was started here. */
export interface ChildEvent {
  type: 'child'
  at: number
  pid: number
  /** Number of the worker thread; 0 for a process. */
  worker: number
  stack: number
}

/** So many operations of a kind were counted only. */
export interface OverflowEvent {
  type: 'overflow'
  kind: string
  count: number
}
