// A Bluesky network: PDS, PLC directory, and the AppView that indexes it (search, notifications, threads, figures), with
// the bsync that the AppView asks for mutes. No labeller and no Redis: nothing here asks for them. Prints one line of
// JSON when ready; ends on SIGTERM or when its parent closes standard input.
import { TestBsky, TestBsync, TestPds, TestPlc, mockNetworkUtilities } from '@atproto/dev-env'

const database = process.env.DB_POSTGRES_URL
const pdsPort = Number(process.env.PDS_PORT)
const key = 'bsync-api-key'

const plc = await TestPlc.create({ port: Number(process.env.PLC_PORT) })
const bsync = await TestBsync.create({
  port: Number(process.env.BSYNC_PORT),
  apiKeys: [key],
  dbUrl: database,
  dbSchema: 'bsync',
})
const bsky = await TestBsky.create({
  port: Number(process.env.APPVIEW_PORT),
  plcUrl: plc.url,
  pdsPort,
  repoProvider: `ws://localhost:${pdsPort}`,
  bsyncUrl: bsync.url,
  bsyncApiKey: key,
  dbPostgresUrl: database,
  dbPostgresSchema: 'appview',
})
const pds = await TestPds.create({
  port: pdsPort,
  hostname: 'localhost',
  didPlcUrl: plc.url,
  inviteRequired: false,
  bskyAppViewUrl: bsky.url,
  bskyAppViewDid: bsky.ctx.cfg.serverDid,
})
// Before any event leaves the PDS, so that no look-up of a handle is missed.
mockNetworkUtilities(pds, bsky)
console.log(JSON.stringify({ ready: true, pds: pds.url, appview: bsky.url, plc: plc.url }))

let closing = false
async function close() {
  if (closing) return
  closing = true
  setTimeout(() => process.exit(0), 5000).unref()
  for (const part of [bsky, bsync, pds, plc]) await part.close().catch(() => {})
  process.exit(0)
}
process.on('SIGTERM', close)
process.stdin.on('end', close)
process.stdin.resume()
