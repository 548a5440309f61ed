-- Publishes the list of the entries of a draw that has closed, a part at a time. A part, once written, stays: a user who
-- leaves after that stays in the list.
--
-- KEYS  those of the line, then the list: 32 bytes for each entry
-- ARGV  moment, most entries of a part; then, to write the next part: the number of participants, the number of entries
--       written, the hashes of the next entries, the score of the last user among them ("" for none)
-- Returns {number of participants, number written, {user, entry, score, ...} of the next part}, {-1, 0, {}} before the
--       closing, or nothing if the line does not exist. A call with numbers that are out of date changes nothing.

local ENTRIES, HASH_BYTES = PASS, 32

local line = redis.call('HMGET', LINE, 'revision', 'draw_count', 'entries_done', 'entries_score')
if not line[1] then return false end
local count, done, score = tonumber(line[2] or ''), tonumber(line[3] or 0), line[4] or '0'
if not count then
  touch()
  return {-1, 0, {}}
end
-- What was written is lost, or is of a line that was lost: from the beginning.
if redis.call('STRLEN', ENTRIES) ~= done * HASH_BYTES then done, score = 0, '0' end
local part = #(ARGV[5] or '') / HASH_BYTES
if part > 0 and tonumber(ARGV[3]) == count and tonumber(ARGV[4]) == done and done + part <= count then
  if done == 0 then redis.call('SET', ENTRIES, ARGV[5]) else redis.call('APPEND', ENTRIES, ARGV[5]) end
  done = done + part
  if ARGV[6] ~= '' then score = ARGV[6] end
  redis.call('HSET', LINE, 'entries_done', text(done), 'entries_score', score)
else
  touch()
end

local people, last = {}, math.min(done + tonumber(ARGV[2]), count)
if done < count then
  local front = redis.call('ZRANGEBYSCORE', WAITING, '(' .. score, '+inf', 'LIMIT', 0, last - done)
  for i, record in ipairs(fields_of(PLACES, front)) do
    local _, entry, score_of = read(record)
    if tonumber(entry) > last then break end
    people[#people + 1] = front[i]
    people[#people + 1] = tonumber(entry)
    people[#people + 1] = score_of
  end
end
return {count, done, people}
