import type { VNode } from 'preact'

const widthPx = 120
const heightPx = 28

/** The course of one figure since the page was opened, without axes; the figure stands beside it. */
export function Spark({ values }: { values: readonly number[] }): VNode | null {
  if (values.length < 3) return null
  const top = Math.max(...values, 1)
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * widthPx
    return `${x.toFixed(1)},${(heightPx - 2 - (value / top) * (heightPx - 4)).toFixed(1)}`
  })
  return (
    <svg class="spark" viewBox={`0 0 ${widthPx} ${heightPx}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  )
}
