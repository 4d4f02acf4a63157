/** Much output, at the reader's pace: what the pipe does not take is waited for, and a closed pipe ends quietly. */
import { once } from 'node:events'

export async function pour(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

/** `quorate log cat | head` closes its end: nobody reads on, so the work ends. */
export function endWithReader(): void {
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    throw error
  })
}
