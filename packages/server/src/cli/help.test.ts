import { expect, test } from 'vitest'
import { main } from './main.ts'

async function helpOf(...command: string[]): Promise<string> {
  let said = ''
  const io = {
    environment: {},
    stdout: (text: string): void => void (said += text),
    stderr: (): void => undefined,
    isTerminal: false,
  }
  expect(await main([...command, '--help'], io)).toBe(0)
  return said
}

test.each(['carousel', 'purge', 'keys create', 'inspect', 'jobs redrive'])(
  '%s: a switch that is off and an empty list are not told as defaults',
  async (command) => {
    const help = await helpOf(...command.split(' '))
    expect(help).not.toMatch(/default:\s+(?:false|\[\])/u)
  },
)

test('a default that says something is told', async () => {
  expect(await helpOf('generate')).toContain('(default: "1024x1024")')
})

test('every command that asks a running server takes --server', async () => {
  for (const command of ['generate', 'carousel', 'purge', 'mark', 'latency', 'jobs dead', 'catalog import'])
    expect(await helpOf(...command.split(' ')), command).toContain('--server <url>')
})
