import { BackendError } from '../backend.ts'
import type { Connection } from '../wire/connection.ts'
import type { EventQueue } from '../wire/event-queue.ts'
import { createEventQueue } from '../wire/event-queue.ts'
import { openComfySocket } from './comfyui-socket.ts'
import type { ComfyServer } from './comfyui-server.ts'
import type { HistoryEntry } from './history.ts'
import type { ComfyMessage } from './server-messages.ts'
import { messageOfText, previewOfFrame } from './server-messages.ts'

/** What is heard of one job: by its socket, and by asking the history, whichever says it first. */
export type Heard = ComfyMessage | { type: 'history'; entry: HistoryEntry }

/** How often the history is asked, in milliseconds. */
export interface PollTimes {
  /** While the socket lives: it may have lost the one message that counts. */
  withSocketMs: number
  withoutSocketMs: number
}

/** The ears of one job. */
export interface JobWatch {
  readonly heard: EventQueue<Heard>
  /** Settles when the socket is open, or given up. */
  readonly opened: Promise<void>
  /** From now on messages of this job count, those that came already included. */
  follow(promptId: string): void
  close(): void
}

/** How often in a row a job may be in neither queue nor history: between the two there is a moment. */
const maxAbsences = 3
/** How often in a row asking may fail. */
const maxFailures = 3

/** Opens a socket for a client id. */
export function watchJob(options: {
  connection: Connection
  server: ComfyServer
  clientId: string
  poll: PollTimes
  signal: AbortSignal
}): JobWatch {
  const { connection, server, clientId, poll, signal } = options
  const heard = createEventQueue<Heard>()
  let promptId: string | undefined
  let alive = true
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let absences = 0
  let failures = 0
  // Until the answer of `/prompt` is here nobody knows which messages are ours.
  const early: (() => void)[] = []
  const hear = (read: () => ComfyMessage | undefined): void => {
    const tell = (): void => {
      const message = read()
      if (message !== undefined) heard.push(message)
    }
    if (promptId === undefined) early.push(tell)
    else tell()
  }
  const socket = openComfySocket(socketAddress(connection, clientId), authorizationOf(connection), {
    text: (text) => hear(() => messageOfText(text, promptId)),
    binary: (bytes) => hear(() => previewOfFrame(bytes, promptId)),
    closed: () => {
      alive = false
      if (promptId !== undefined) schedule()
    },
  })
  const schedule = (): void => {
    clearTimeout(timer)
    if (signal.aborted || closed) return
    timer = setTimeout(() => void ask(), alive ? poll.withSocketMs : poll.withoutSocketMs)
  }
  const ask = async (): Promise<void> => {
    const id = promptId ?? ''
    try {
      const entry = await server.history(id, signal)
      if (entry.state !== 'absent') return heard.push({ type: 'history', entry })
      const place = await server.place(id, signal)
      if (place === 'running') heard.push({ type: 'started' })
      absences = place === 'gone' ? absences + 1 : 0
      failures = 0
      if (absences >= maxAbsences) heard.fail(lostError())
    } catch (error) {
      failures += 1
      // As long as the socket lives, it will say what became of the job.
      if (!alive && failures >= maxFailures) heard.fail(error)
    }
    schedule()
  }
  return {
    heard,
    opened: socket.opened,
    follow(id) {
      promptId = id
      for (const tell of early.splice(0)) tell()
      schedule()
    },
    close() {
      closed = true
      clearTimeout(timer)
      socket.close()
      heard.end()
    },
  }
}

function socketAddress(connection: Connection, clientId: string): URL {
  const url = connection.addressOf(`/ws?clientId=${clientId}`)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}

function authorizationOf({ secret }: Connection): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` }
}

function lostError(): BackendError {
  const message = 'The model server lost the job, probably by a restart: try again.'
  return new BackendError('backend_unavailable', message, { retry: 'same' })
}
