import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/** 4.4.0's own project file cannot be resolved; without a logger every failure of a broker is silent. */
const KAFKA = '4.3.1'
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>quorate</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`
/** 44 MB the first time. */
const DOWNLOAD_MS_MAX = 300_000

/** The folder of Kafka's jars in the user's cache, filled by Maven the first time. */
export async function kafkaJars(): Promise<string> {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'quorate')
  const jars = path.join(cache, `kafka-${KAFKA}`)
  if (fs.existsSync(jars)) return jars
  fs.mkdirSync(cache, { recursive: true })
  // built aside and renamed: a download that was cut off, or another's, never passes for a whole one
  const making = fs.mkdtempSync(path.join(cache, 'making-'))
  try {
    fs.writeFileSync(path.join(making, 'pom.xml'), POM)
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime']
    await promisify(execFile)('mvn', ['-q', '-B', '-ntp', '-f', 'pom.xml', ...goal], {
      cwd: making,
      timeout: DOWNLOAD_MS_MAX,
    })
    if (!fs.existsSync(jars)) fs.renameSync(path.join(making, 'jars'), jars)
  } finally {
    fs.rmSync(making, { recursive: true, force: true })
  }
  return jars
}
