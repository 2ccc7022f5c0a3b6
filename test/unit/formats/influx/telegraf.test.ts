import fc from "fast-check";
import { expect, it } from "vitest";
import { LineDecoder } from "../../../../src/formats/influx/decode-lines.ts";
import { KnownHeads } from "../../../../src/formats/influx/known-heads.ts";
import { precisionOf } from "../../../../src/formats/influx/precision.ts";
import { metricPushSchema } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { mutationsOf } from "../../../wire/mutations.ts";
import { foundIn } from "../../../wire/point-terms.ts";

/** As Telegraf's inputs for processors, memory, disks, the system and processes print it. */
const TELEGRAF = [
  "cpu,cpu=cpu0,host=db-1 usage_user=3.0150753768844223,usage_system=1.0050251256281406,usage_idle=95.97989949748744 1795422700000000000",
  "mem,host=db-1 active=8391626752i,available=20971520000i,available_percent=84.11,huge_pages_total=0u,swap_free=0i 1795422700000000000",
  "disk,device=dm-0,fstype=ext4,host=db-1,mode=rw,path=/var/lib/my\\ data free=9223372036854775807i,used_percent=51.2 1795422700000000000",
  'system,host=db-1 load1=0.42,n_cpus=8i,uptime=86400i,uptime_format="1 day,  0:00" 1795422700000000000',
  'procstat,exe=edgetape,host=db-1,pattern=a\\,b\\=c,result=success running=true,state="a \\"quoted\\" word" 1795422700000000000',
  "",
].join("\n");

function decode(bytes: Uint8Array) {
  const unit = precisionOf("ns") ?? expect.fail("no ns");
  const text = new TextDecoder().decode(bytes);
  const decoder = new LineDecoder(text, unit, {
    nowUs: 1_795_422_741_819_000 as EpochUs,
    limits: { events: 0, chars: 0 },
    known: new KnownHeads(),
  });
  while (decoder.decodeSome(1_000) === "more");
  return decoder;
}

it("LP-2 takes all that Telegraf sends but its texts, and survives every mutation of it", () => {
  const whole = decode(new TextEncoder().encode(TELEGRAF));
  expect([foundIn(whole.points).length, whole.refused]).toEqual([14, 0]);
  fc.assert(
    fc.property(mutationsOf(new TextEncoder().encode(TELEGRAF)), (bytes) => {
      const { points, refused, lines } = decode(bytes);
      expect(refused).toBeLessThanOrEqual(lines);
      for (const [symbol, metric, labels, ts, value] of foundIn(points)) {
        const push = { symbol, metric, value, ts, ...(labels !== undefined && { labels }) };
        expect(metricPushSchema.safeParse(push).error).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});
