import type { VNode } from 'preact'
import { useId } from 'preact/hooks'

interface ChoiceProps<T extends string> {
  label: string
  options: readonly { value: T; text: string }[]
  value: T
  choose: (value: T) => void
}

/** One of a few, as buttons in a row. Radio buttons: arrows move between them. */
export function Choice<T extends string>({ label, options, value, choose }: ChoiceProps<T>): VNode {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => choose(option.value)}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </fieldset>
  )
}
