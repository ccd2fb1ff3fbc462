export const tailExamples = `
Examples:
  What happens now, until Ctrl-C:
  $ orders tail

  What went wrong in the last hour, and what goes wrong from now on:
  $ orders tail --from 1h --status failed,in_doubt

  All that there is of one instrument:
  $ orders tail --no-follow --instrument US0378331005
  TIME                      POSITION  EVENT              ORDER                                 …
  2026-11-23T05:46:43.527Z      1032  OrderPlaced        019a9b1c-6a11-7b02-8c11-0d2f4b6a8c0e  …
  2026-11-23T05:46:43.564Z      1417  SubmissionStarted  019a9b1c-6a11-7b02-8c11-0d2f4b6a8c0e  …
  2026-11-23T05:46:44.090Z      1997  OrderFailed        019a9b1c-6a11-7b02-8c11-0d2f4b6a8c0e  …

  The log as a file, and later what came since. The last line says where to go on:
  $ orders tail --from start --until now --json > log.ndjson
  $ orders tail --no-follow --json --after "$(tail -1 log.ndjson | jq -r .position)" >> log.ndjson

Without --from it begins now, or at the start when it is to end. It reconnects by itself when the
event store goes away, without a gap and without a repeat. Ctrl-C ends it with code 0, or with 130
when --until or --no-follow was not reached yet.`;
