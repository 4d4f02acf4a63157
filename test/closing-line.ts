import type { Reporter, TestModule } from 'vitest/node'

/** Prints the closing `N passed, N failed` line, also when a file fails before its first test. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    let failed = unhandled.length
    let skipped = 0
    for (const module of modules) {
      let ran = 0
      for (const test of module.children.allTests()) {
        ran++
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped++
      }
      if (module.errors().length > 0 || (ran === 0 && module.state() === 'failed')) failed++
    }
    if (skipped > 0)
      process.stdout.write(`\n${skipped} skipped: what they need is not here; each suite has said what\n`)
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  }
}
