import type { ComponentChildren, VNode } from 'preact'

/** One figure of a row, in `<dl class="figures">`: its name, its value, what it counts, and a line below. */
export function Figure(props: {
  name: string
  value: string
  unit: string
  children?: ComponentChildren
}): VNode {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd>
        <span class="value">{props.value}</span> <span class="unit">{props.unit}</span>
        {props.children !== undefined && <div class="figure-more">{props.children}</div>}
      </dd>
    </div>
  )
}
