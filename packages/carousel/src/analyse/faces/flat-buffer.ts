/**
 * Reads tables of a FlatBuffer (https://flatbuffers.dev/internals/): a table starts with the distance back to its
 * list of fields, and an absent field has its default.
 */
export interface FlatTable {
  table(field: number): FlatTable | undefined
  tables(field: number): FlatTable[]
  integers(field: number): number[]
  /** Of 8 bits. */
  byte(field: number): number
  /** Of 32 bits. */
  integer(field: number): number
  bytes(field: number): Uint8Array
}

/** The table at the root. @throws RangeError where the bytes are cut short. */
export function readFlatBuffer(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return tableAt(view, view.getUint32(0, true))
}

function tableAt(view: DataView, start: number): FlatTable {
  const fields = start - view.getInt32(start, true)
  const place = (field: number): number | undefined => {
    const entry = 4 + 2 * field
    const offset = entry < view.getUint16(fields, true) ? view.getUint16(fields + entry, true) : 0
    return offset === 0 ? undefined : start + offset
  }
  /** Where the things of a vector lie, `size` bytes each. */
  const vector = (field: number, size: number): number[] => {
    const at = place(field)
    if (at === undefined) return []
    const list = at + view.getUint32(at, true)
    return Array.from({ length: view.getUint32(list, true) }, (_, index) => list + 4 + size * index)
  }
  const follow = (at: number): FlatTable => tableAt(view, at + view.getUint32(at, true))
  return {
    table(field) {
      const at = place(field)
      return at === undefined ? undefined : follow(at)
    },
    tables: (field) => vector(field, 4).map(follow),
    integers: (field) => vector(field, 4).map((at) => view.getInt32(at, true)),
    byte(field) {
      const at = place(field)
      return at === undefined ? 0 : view.getInt8(at)
    },
    integer(field) {
      const at = place(field)
      return at === undefined ? 0 : view.getInt32(at, true)
    },
    bytes(field) {
      const at = place(field)
      if (at === undefined) return new Uint8Array()
      const list = at + view.getUint32(at, true)
      return new Uint8Array(view.buffer, view.byteOffset + list + 4, view.getUint32(list, true))
    },
  }
}
