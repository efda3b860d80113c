import { expect, test } from 'vitest'
import { dayMs } from './usage-event.ts'
import type { WasteCircuit } from './waste-circuit.ts'
import { createWasteCircuit, defaultWasteCircuit } from './waste-circuit.ts'

function after(used: number, wasted: number): WasteCircuit {
  const circuit = createWasteCircuit(defaultWasteCircuit)
  for (let index = 0; index < used + wasted; index++) circuit.made(`key ${index}`, 0)
  for (let index = 0; index < used; index++) circuit.asked(`key ${index}`, 1)
  circuit.retired('all', 2)
  circuit.turn(3)
  return circuit
}

test('opens beyond its bound, and closes after a while', () => {
  const circuit = after(10, 40)
  expect(circuit.isOpen(4)).toBe(true)
  expect(circuit.isOpen(4 + 7 * dayMs)).toBe(false)
})

test('bears what is within it, and says nothing of a few', () => {
  expect(after(20, 50).isOpen(4)).toBe(false)
  expect(after(0, 39).isOpen(4)).toBe(false)
})
