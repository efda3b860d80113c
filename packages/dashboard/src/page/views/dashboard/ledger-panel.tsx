import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Ledger, LedgerUnit } from '../../api/shapes.ts'
import { bytes, count, dollars, duration, share } from '../../format.ts'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'

/** How work came to be asked for more than once. */
const axes: Readonly<Record<string, string>> = {
  slides: 'by slides of one carousel',
  concurrent: 'at the same time',
  time: 'again, later',
  ahead: 'made ahead of time',
}

/** Work that was not done a second time, in the last day. */
export function LedgerPanel(): VNode {
  const url = useComputed(() => '/v1/ledger?window=24h')
  const { loaded, reload } = useResource<Ledger>(url, { everyMs: 30_000, figures: true })
  return (
    <Panel title="Work avoided" about="Units of shared work in the last 24 hours: each should run once.">
      <Answer loaded={loaded.value} reload={reload} lines={6}>
        {(data) => <Savings data={data} />}
      </Answer>
    </Panel>
  )
}

function Savings({ data: { units, totals } }: { data: Ledger }): VNode {
  const again = totals.joined + totals.cached
  const asked = totals.ran + again
  if (asked === 0) return <Empty>No shared work was asked for in this time.</Empty>
  return (
    <>
      <p class="saved">
        {again === 0 ? (
          <>
            <strong>{count(asked)}</strong> asks, and each was the first for its work: nothing was to be
            saved.
          </>
        ) : (
          <>
            <strong>{share(again / asked)}</strong> of {count(asked)} asks needed no work: saved{' '}
            <strong>{duration(totals.savedMs)}</strong>
            {totals.savedBytes > 0 && <> and {bytes(totals.savedBytes)} that were not fetched again</>}
            {totals.savedUsd > 0 && <> and {dollars(totals.savedUsd)}</>}.
          </>
        )}
        {totals.rerun > 0 && <> {count(totals.rerun)} ran again, after a worker was lost.</>}
      </p>
      <p class="legend" aria-hidden="true">
        <span class="swatch ran" /> ran <span class="swatch joined" /> joined a run{' '}
        <span class="swatch cached" /> was there
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Work by kind">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Work</th>
              <th scope="col" class="mix-column">
                <span class="hidden">Parts</span>
              </th>
              <th scope="col" class="number">
                Ran
              </th>
              <th scope="col" class="number">
                Joined
              </th>
              <th scope="col" class="number">
                There
              </th>
              <th scope="col" class="number">
                Saved
              </th>
            </tr>
          </thead>
          <tbody>
            {byKind(units).map((unit) => (
              <tr key={unit.kind}>
                <th scope="row">
                  {unit.kind} <span class="quiet stage-about">{unit.why}</span>
                </th>
                <td class="mix-column">
                  <Mix unit={unit} />
                </td>
                <td class="number">{count(unit.ran)}</td>
                <td class="number">{count(unit.joined)}</td>
                <td class="number">{count(unit.cached)}</td>
                <td class="number">{duration(unit.savedMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

type KindOfWork = Pick<LedgerUnit, 'kind' | 'ran' | 'joined' | 'cached' | 'savedMs'> & { why: string }

/** One row a kind, what saved most first, with the ways in which it was asked for again. */
function byKind(units: readonly LedgerUnit[]): KindOfWork[] {
  const sum = (rows: readonly LedgerUnit[], of: (unit: LedgerUnit) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  return [...Map.groupBy(units, ({ kind }) => kind)]
    .map(([kind, rows]) => ({
      kind,
      ran: sum(rows, (row) => row.ran),
      joined: sum(rows, (row) => row.joined),
      cached: sum(rows, (row) => row.cached),
      savedMs: sum(rows, (row) => row.savedMs),
      why: rows
        .filter(({ joined, cached }) => joined + cached > 0)
        .map(({ axis }) => axes[axis] ?? axis)
        .join(', '),
    }))
    .toSorted((one, other) => other.savedMs - one.savedMs || other.ran - one.ran)
}

/** Ran, joined and was there, as parts of one bar. */
function Mix({ unit: { ran, joined, cached } }: { unit: KindOfWork }): VNode {
  const all = Math.max(1, ran + joined + cached)
  const parts = Object.entries({ ran, joined, cached }).filter(([, times]) => times > 0)
  return (
    <span class="mix" aria-hidden="true">
      {parts.map(([name, times]) => (
        <span key={name} class={name} style={{ width: `${(times / all) * 100}%` }} />
      ))}
    </span>
  )
}
