-- Takes away records of a line that was ended, but those of passes: one part of them.
--
-- ARGV  (no moment), cursor
-- Returns the next cursor; "0" at the end, and where the line was made again.

if redis.call('EXISTS', LINE) == 1 then return '0' end
local scanned = redis.call('HSCAN', PLACES, ARGV[2], 'COUNT', 500)
local gone = {}
for at = 1, #scanned[2], 2 do
  if string.sub(scanned[2][at + 1], 1, 1) ~= 'I' then gone[#gone + 1] = scanned[2][at] end
end
in_parts(gone, function(...) redis.call('HDEL', PLACES, ...) end)
return scanned[1]
