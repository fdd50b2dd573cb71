// A Bluesky PDS with its PLC directory, in memory. Prints one line of JSON when ready; ends on SIGTERM or when its
// parent closes standard input, so that a test run that was killed leaves no server behind.
import { TestPds, TestPlc, mockNetworkUtilities } from '@atproto/dev-env'

const plc = await TestPlc.create({ port: Number(process.env.PLC_PORT) })
const pds = await TestPds.create({
  port: Number(process.env.PDS_PORT),
  hostname: 'localhost',
  didPlcUrl: plc.url,
  inviteRequired: false,
})
mockNetworkUtilities(pds)
console.log(JSON.stringify({ ready: true, pds: pds.url, plc: plc.url }))

let closing = false
async function close() {
  if (closing) return
  closing = true
  await pds.close()
  await plc.close()
  process.exit(0)
}
process.on('SIGTERM', close)
process.stdin.on('end', close)
process.stdin.resume()
