// For service managers that ask by a command: exit 0 where the address answers well.
const [, , url] = process.argv
fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
  reply => process.exit(reply.ok ? 0 : 1),
  () => process.exit(1),
)
