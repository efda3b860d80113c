export type { Outcome, RunOptions } from './caller.ts'
export type { BranchContext, BranchResult, FanOutOptions, NotThenable } from './fan-out.ts'
export { fanOut } from './fan-out.ts'
export type { FlightsOptions } from './flight-table.ts'
export type { Flight, Work } from './flight.ts'
export type { Flights } from './flights.ts'
export { createFlights } from './flights.ts'
export type { JsonValue } from './key-of.ts'
export type { KeyedLimit, OriginLimit, TurnOptions } from './keyed-limit.ts'
export { createKeyedLimit, createKeyedMutex, createOriginLimit } from './keyed-limit.ts'
export { keyOf } from './key-of.ts'
export type {
  Axis,
  How,
  Ledger,
  LedgerCounts,
  LedgerEntry,
  LedgerRow,
  LedgerSnapshot,
  LedgerWriter,
  RunCost,
} from './ledger.ts'
export { createLedger } from './ledger.ts'
export type { Lease } from './lease.ts'
export type { Memo, MemoOptions } from './memo.ts'
export { createMemo } from './memo.ts'
export type { Unit } from './unit.ts'
export { identityOf } from './unit.ts'
export type { WaitContext, WaitNode } from './waits-for.ts'
export { FlightDeadlockError } from './waits-for.ts'
