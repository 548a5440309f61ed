-- Keeps the root of a draw's entries, once all are written, and after it the public randomness, once each: the twin of
-- `Line::freeze_entries` and `Line::give_draw_value`.
--
-- KEYS  [13] the stream of entries for the audit log, if the value has one
-- ARGV  moment, the root or "", the value or "" (the letter v before its hexadecimal digits: a value may be empty), the
--       entry or ""
-- Returns {the root in force or "", the value in force or ""}, or nothing if the line does not exist.

local line = redis.call('HMGET', LINE, 'revision', 'draw_count', 'entries_done', 'draw_root', 'draw_value')
if not line[1] then return false end
local root, value = line[4] or '', line[5] or ''
if root == '' and ARGV[2] ~= '' and line[2] and tonumber(line[2]) == tonumber(line[3] or 0) then
  root = ARGV[2]
  redis.call('HSET', LINE, 'draw_root', root)
end
if value == '' and ARGV[3] ~= '' and root ~= '' then
  value = ARGV[3]
  redis.call('HSET', LINE, 'draw_value', value)
  if ARGV[4] ~= '' then redis.call('XADD', PASS, '*', 'entry', ARGV[4]) end
end
touch()
return {root, value}
