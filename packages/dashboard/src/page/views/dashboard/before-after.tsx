import { useComputed, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Comparison, Difference } from '../../api/shapes.ts'
import { classes } from '../../charts/class-colours.ts'
import { count, duration } from '../../format.ts'
import { Choice } from '../../parts/choice.tsx'
import { Answer } from '../../parts/panel.tsx'

type Around = '15m' | '1h' | '6h'

const windows = [
  { value: '15m', text: '15 min' },
  { value: '1h', text: '1 hour' },
  { value: '6h', text: '6 hours' },
] as const

/** What one marker changed: percentiles before and after it, and how sure that is. */
export function Before({ id }: { id: string }): VNode {
  const around = useSignal<Around>('1h')
  const name = useSignal('')
  const url = useComputed(() => {
    const query = new URLSearchParams({ window: around.value })
    if (name.value !== '') query.set('class', name.value)
    return `/v1/markers/${encodeURIComponent(id)}/comparison?${query}`
  })
  const { loaded, reload } = useResource<Comparison>(url, { everyMs: 30_000, figures: true })
  return (
    <div class="comparison">
      <div class="comparison-choices">
        <Choice
          label="Around the marker"
          options={windows}
          value={around.value}
          choose={(to) => (around.value = to)}
        />
        <label>
          <span class="hidden">Cache class</span>
          <select value={name.value} onChange={(event) => (name.value = event.currentTarget.value)}>
            <option value="">All classes</option>
            {classes.map((each) => (
              <option key={each.name} value={each.name}>
                {each.text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Answer loaded={loaded.value} reload={reload} notBuilt="This marker is gone.">
        {(data) => <Differences data={data} />}
      </Answer>
    </div>
  )
}

function Differences({ data }: { data: Comparison }): VNode {
  const { before, after, differences, atEqualShares, warning } = data
  if (before.count === 0 || after.count === 0) {
    return (
      <p class="quiet">
        {count(before.count)} requests before and {count(after.count)} after: there is nothing to compare yet.
      </p>
    )
  }
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Before and after the marker">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Percentile</th>
            <th scope="col" class="number">
              Before <span class="quiet">({count(before.count)})</span>
            </th>
            <th scope="col" class="number">
              After <span class="quiet">({count(after.count)})</span>
            </th>
            <th scope="col" class="number">
              Difference
            </th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>{differences.map(differenceRow)}</tbody>
        {warning !== null && atEqualShares !== null && (
          <tbody>
            <tr>
              <th scope="rowgroup" colSpan={5}>
                Each class with the share that it had before
              </th>
            </tr>
            {atEqualShares.map(differenceRow)}
          </tbody>
        )}
      </table>
      {warning !== null && <p role="note">{warning}</p>}
      <p class="quiet">
        In brackets: where the difference lies with {Math.round((differences[0]?.confidence ?? 0.95) * 100)} %
        confidence.
      </p>
    </div>
  )
}

function differenceRow(row: Difference): VNode {
  return (
    <tr key={row.percentile}>
      <th scope="row">P{row.percentile}</th>
      <td class="number">{duration(row.beforeMs)}</td>
      <td class="number">{duration(row.afterMs)}</td>
      <td class="number">
        {signed(row.differenceMs)}{' '}
        <span class="quiet">
          ({signed(row.lowMs)} to {signed(row.highMs)})
        </span>
      </td>
      <td>
        <span class={`verdict ${row.verdict.replaceAll(' ', '-')}`}>{row.verdict}</span>
      </td>
    </tr>
  )
}

function signed(ms: number | null): string {
  return ms !== null && ms > 0 ? `+${duration(ms)}` : duration(ms)
}
