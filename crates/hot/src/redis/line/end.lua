-- Ends a line: the twin of `EmbeddedLines::end`. Records and ends of the passes that are alive stay until the last of them
-- has run out; the records of all others beside them are taken away by `line/end_part.lua`, part by part.
--
-- KEYS  those of the line, then the published entries of a draw, and the stream of entries for the audit log
-- ARGV  moment, the entry or ""
-- Returns whether there was a line.

local AUDIT_MS = 30 * 24 * 3600 * 1000

local existed = redis.call('HGET', LINE, 'revision') and 1 or 0
local now = clock()
redis.call('ZREMRANGEBYSCORE', INSIDE, '-inf', text(now))
local last = redis.call('ZRANGE', INSIDE, -1, -1, 'WITHSCORES')[2]
-- A line that another call has ended is written, too: WAIT counts only writes of its own connection.
touch()
redis.call('UNLINK', LINE, WAITING, TICKETS, PROCESSING, PROCESSING_TICKETS, GONE, RETURNED, HEARD,
  REMEMBERED, NETWORKS, PASS)
if last then
  redis.call('PEXPIREAT', INSIDE, last)
  redis.call('PEXPIREAT', PLACES, last)
else
  redis.call('UNLINK', INSIDE, PLACES)
end
if existed == 1 and ARGV[2] ~= '' then redis.call('XADD', KEYS[14], '*', 'entry', ARGV[2]) end
-- The entries are moved within seconds; only a role that is away for so long loses them.
redis.call('PEXPIRE', KEYS[14], AUDIT_MS)
return existed
